// The database tool over TLS, in workerd itself: only there can it be said whom to trust.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { startPostgres } from "../support/node/postgres.ts";
import {
  createFolder,
  findFreePort,
  launch,
  newcomersEnv,
  ROOT,
  removeFolder,
} from "./support/service.ts";

/** Calls the tool with the artifact that it is sent. */
const WORKER = `
import { databaseQuery } from "${ROOT}/src/tools/database/database.ts";
const options = { judge: () => undefined, maxRows: 1, timeoutSeconds: 5 };
export default {
  async fetch(request) {
    if (request.method !== "POST") return new Response("ok");
    const { artifact, query } = await request.json();
    const tool = databaseQuery({ type: "database_query_v1" }, [artifact], options);
    return Response.json(await tool.run({ query }, { signal: request.signal, alive() {} }));
  },
};
`;

const ENCRYPTED = "select ssl from pg_stat_ssl where pid = pg_backend_pid()";

const postgres = await startPostgres(join(ROOT, "test/support/node/database.sql"));

describe("a database over TLS", { skip: !postgres && "PostgreSQL is not installed" }, () => {
  const { url = "", certificate = "" } = postgres ?? {};
  const local = url.replace("127.0.0.1", "localhost");
  let service: Awaited<ReturnType<typeof launch>> | undefined;

  before(async () => {
    service = await startWorker(certificate);
  });
  after(async () => {
    await Promise.all([service?.stop(), postgres?.stop()]);
  });

  test("with a certificate that is trusted, for the host that is asked", async () => {
    const answer = await ask({ connection_string: local, ssl: true });
    assert.match(answer, /\| true \|/);
  });

  test("is asked for by the address as well", async () => {
    assert.match(await ask({ connection_string: `${local}?sslmode=require` }), /\| true \|/);
  });

  test("is not used where nobody asks", async () => {
    assert.match(await ask({ connection_string: local }), /\| false \|/);
  });

  test("is refused with a certificate for another host", async () => {
    assert.match(await ask({ connection_string: url, ssl: true }), /cannot be reached over TLS/);
  });

  async function ask(artifact: object): Promise<string> {
    const body = JSON.stringify({
      artifact: { type: "sql_database", ...artifact },
      query: ENCRYPTED,
    });
    const response = await fetch(service?.url ?? "", { method: "POST", body });
    const { content } = (await response.json()) as { content: { text: string }[] };
    return content[0]?.text ?? "";
  }
});

async function startWorker(certificate: string) {
  const folder = await createFolder();
  const entry = join(folder, "entry.js");
  await writeFile(entry, WORKER);
  const date = /^compatibility_date = "(.*?)"/m.exec(
    await readFile(`${ROOT}/wrangler.toml`, "utf8"),
  );
  const flags = ["--dry-run", "--name", "tls", "--compatibility-date", date?.[1] ?? ""];
  await promisify(execFile)(
    "wrangler",
    ["deploy", entry, ...flags, "--outdir", join(folder, "out")],
    {
      cwd: folder,
      env: { ...newcomersEnv(folder), CI: "1", CLOUDFLARE_API_BASE_URL: "http://127.0.0.1:1" },
    },
  );
  const port = await findFreePort();
  const config = join(folder, "config.capnp");
  await writeFile(
    config,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "internet", network = (
      allow = ["private"],
      tlsOptions = (trustedCertificates = [${JSON.stringify(certificate)}]),
    )),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [(name = "entry.js", esModule = embed "out/entry.js")],
  compatibilityDate = "${date?.[1]}",
);
`,
  );
  const url = `http://127.0.0.1:${port}`;
  return launch("workerd", ["serve", config], url, () => removeFolder(folder));
}
