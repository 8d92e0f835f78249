// A PostgreSQL server of the tests' own, in a folder of its own: on the loopback, with a password, and
// with TLS that only those trust who are given its certificate. Undefined where none is installed.

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chown, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const MAX_START_MS = 30_000;

/** Where Debian puts the programs of each version. */
const VERSIONS = "/usr/lib/postgresql";

export const OWNER = "owner";
export const PASSWORD = "hunter2-database";

export interface PostgresServer {
  /** As its superuser: what is refused to it is not refused for want of a privilege. */
  url: string;
  /** PEM, for `localhost`. */
  certificate: string;
  stop(): Promise<void>;
}

type Run = (program: string, args: string[]) => Promise<string>;

/** `schema` is a file of SQL. */
export async function startPostgres(schema: string): Promise<PostgresServer | undefined> {
  const [version] = (await readdir(VERSIONS).catch(() => [])).sort((a, b) => Number(b) - Number(a));
  if (version === undefined) return undefined;
  const programs = join(VERSIONS, version, "bin");
  const user = await findUser();
  const folder = await mkdtemp(join(tmpdir(), "async-messages-postgres-"));
  if (user) await chown(folder, user.uid, user.gid);
  const run: Run = async (program, args) =>
    (await promisify(execFile)(program, args, { cwd: folder, ...user, timeout: MAX_START_MS }))
      .stdout;
  await writeFile(join(folder, "password"), PASSWORD, { mode: 0o644 });
  const data = join(folder, "data");
  await run(join(programs, "initdb"), [
    ...["-D", data, "-U", OWNER, "--auth", "scram-sha-256", "--pwfile", join(folder, "password")],
    ...["-E", "UTF8", "--locale", "C", "--no-sync"],
  ]);
  const certificate = await makeCertificate(run, data);
  const port = await findFreePort();
  const settings = {
    port,
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    ssl: "on",
    fsync: "off",
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const server = spawn(join(programs, "postgres"), ["-D", data, ...options], {
    cwd: folder,
    ...user,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const kill = () => server.kill("SIGQUIT"); // its own word for at once
  process.once("exit", kill);
  const stop = async (): Promise<void> => {
    if (server.exitCode === null && server.signalCode === null) {
      server.kill("SIGINT"); // ends the sessions as well
      await once(server, "exit");
    }
    process.off("exit", kill);
    await rm(folder, { recursive: true, force: true });
  };
  const url = `postgres://${OWNER}:${PASSWORD}@127.0.0.1:${port}/postgres`;
  try {
    await untilSaid(server, "ready to accept connections");
    await run(join(programs, "psql"), ["-q", "-v", "ON_ERROR_STOP=1", "-d", url, "-f", schema]);
    return { url, certificate, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Whom Debian's package makes for it: the server does not run as root. */
export async function findUser(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const idOf = async (kind: string) =>
    Number((await promisify(execFile)("id", [kind, "postgres"])).stdout);
  return { uid: await idOf("-u"), gid: await idOf("-g") };
}

/** For `localhost` and no other name, by an authority of its own, whose certificate is what it gives. */
async function makeCertificate(run: Run, data: string): Promise<string> {
  const make = (name: string, subject: string, ...extras: string[]) =>
    run("openssl", [
      ...["req", "-x509", "-nodes", "-days", "2", "-subj", `/CN=${subject}`],
      ...["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"],
      ...["-keyout", join(data, `${name}.key`), "-out", join(data, `${name}.crt`)],
      ...extras,
    ]);
  await make("authority", "an authority of the tests");
  await make(
    ...(["server", "localhost"] as const),
    ...["-CA", join(data, "authority.crt"), "-CAkey", join(data, "authority.key")],
    ...["-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=CA:FALSE"],
  );
  return run("cat", [join(data, "authority.crt")]);
}

/** Free when it is looked for: nobody else here takes ports of those that a system hands out. */
export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

/** Resolves once `program` has said `words` in its log. */
export async function untilSaid(program: ChildProcess, words: string): Promise<void> {
  let log = "";
  await new Promise<void>((resolve, reject) => {
    const fail = () => reject(new Error(`${program.spawnfile} did not start:\n${log}`));
    const timer = setTimeout(fail, MAX_START_MS);
    program.once("error", fail).once("exit", fail);
    program.stderr?.setEncoding("utf8").on("data", (text) => {
      log += text;
      if (!log.includes(words)) return;
      clearTimeout(timer);
      resolve();
    });
  });
  program.stderr?.removeAllListeners("data").resume();
}
