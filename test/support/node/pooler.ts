// PgBouncer before the tests' PostgreSQL, handing its connections from one transaction to the next
// as hosted databases do. Undefined where it is not installed.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { access, chown, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFreePort, findUser, untilSaid } from "./postgres.ts";

const PROGRAM = "/usr/sbin/pgbouncer";

export async function startPooler(
  url: string,
): Promise<{ url: string; stop(): Promise<void> } | undefined> {
  const isInstalled = await access(PROGRAM).then(
    () => true,
    () => false,
  );
  if (!isInstalled) return undefined;
  const { hostname, port, username, password, pathname } = new URL(url);
  const user = await findUser();
  const folder = await mkdtemp(join(tmpdir(), "async-messages-pgbouncer-"));
  const own = await findFreePort();
  const settings = `
[databases]
* = host=${hostname} port=${port} user=quick password=${password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${own}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${join(folder, "users")}
pool_mode = transaction
default_pool_size = 1
`;
  await writeFile(join(folder, "users"), `"${username}" "${password}"\n`);
  await writeFile(join(folder, "settings"), settings);
  if (user) await chown(folder, user.uid, user.gid);
  const pooler = spawn(PROGRAM, [join(folder, "settings")], {
    cwd: folder,
    ...user,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const kill = () => pooler.kill("SIGKILL");
  process.once("exit", kill);
  await untilSaid(pooler, "process up");
  return {
    url: `postgres://${username}:${password}@127.0.0.1:${own}${pathname}`,
    async stop() {
      if (kill()) await once(pooler, "exit");
      process.off("exit", kill);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
