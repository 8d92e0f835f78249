// What is deployed: made as `npm run deploy` makes it, short of sending it anywhere; and run in the
// bare runtime.

import { execFile } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import {
  createFolder,
  findFreePort,
  launch,
  newcomersEnv,
  ROOT,
  removeFolder,
  type Service,
} from "./service.ts";

/** Whoever tries to reach this has no luck. */
const NOWHERE = "http://127.0.0.1:1";
const MAX_BUNDLE_MS = 60_000;

/** Bundles into `folder`, in CI, without an account or a network; answers the one script there. */
export async function bundle(folder: string): Promise<string> {
  await promisify(execFile)("wrangler", ["deploy", "--dry-run", "--metafile", "--outdir", folder], {
    cwd: ROOT,
    env: {
      ...newcomersEnv(folder),
      CI: "1",
      WRANGLER_HIDE_BANNER: "true",
      CLOUDFLARE_API_BASE_URL: NOWHERE,
      CLOUDFLARE_CF_FETCH_ENABLED: "false",
    },
    timeout: MAX_BUNDLE_MS,
  });
  const scripts = (await readdir(folder)).filter((file) => file.endsWith(".js"));
  if (scripts.length !== 1) throw new Error(`not one script but: ${scripts}`);
  return join(folder, `${scripts[0]}`);
}

/** The bare runtime, on state that outlives each of its lives. */
export interface Runtime {
  /** Always at the same address. */
  start(cleanUp?: () => Promise<void>): Promise<Service>;
  /** Removes the state. */
  remove(): Promise<void>;
}

/**
 * The service in workerd itself. Between it and a caller there is none of the proxies of `wrangler
 * dev`, which keep it to themselves when the caller hangs up.
 */
export async function startBundle(vars: Record<string, unknown>): Promise<Service> {
  const runtime = await prepareBundle(vars);
  return runtime.start(runtime.remove);
}

/** The same, to be started as often as one likes. */
export async function prepareBundle(vars: Record<string, unknown>): Promise<Runtime> {
  const folder = await createFolder();
  const port = await findFreePort();
  const script = await bundle(folder);
  const config = join(folder, "config.capnp");
  const toml = await readFile(`${ROOT}/wrangler.toml`, "utf8");
  const date = /^compatibility_date = "(.*?)"/m.exec(toml)?.[1];
  const bindings = Object.entries(vars).map(([name, value]) =>
    typeof value === "string"
      ? `(name = "${name}", text = ${JSON.stringify(value)})`
      : `(name = "${name}", json = ${JSON.stringify(JSON.stringify(value))})`,
  );
  await writeFile(
    config,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "internet", network = (allow = ["private"])),
    (name = "disk", disk = (path = "${folder}", writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [(name = "index.js", esModule = embed "${basename(script)}")],
  compatibilityDate = "${date}",
  durableObjectNamespaces = [
    (className = "MessageObject", uniqueKey = "messages", enableSql = true),
    (className = "TablesObject", uniqueKey = "tables", enableSql = true),
  ],
  durableObjectStorage = (localDisk = "disk"),
  bindings = [
    (name = "MESSAGES", durableObjectNamespace = "MessageObject"),
    (name = "TABLES", durableObjectNamespace = "TablesObject"),
    ${bindings.join(",\n    ")}
  ],
);
`,
  );
  const url = `http://127.0.0.1:${port}`;
  return {
    start: (cleanUp) => launch("workerd", ["serve", config], url, cleanUp),
    remove: () => removeFolder(folder),
  };
}
