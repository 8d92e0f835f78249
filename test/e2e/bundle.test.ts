// What would be deployed: it bundles without an account or a network, and what every start of it loads
// stays small.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { bundle } from "./support/bundle.ts";
import { createFolder, removeFolder } from "./support/service.ts";

const MAX_GZIP_BYTES = 300 * 1024;
/** What is known to be loaded when it is first needed, and not before. */
const LAZY = ["@modelcontextprotocol/client", "postgres", "htmlparser2", "just-bash", "yaml"];

/** https://esbuild.github.io/api/#metafile */
interface Metafile {
  inputs: Record<string, { imports: { path: string; kind: string; external?: boolean }[] }>;
  outputs: Record<
    string,
    { entryPoint?: string; inputs: Record<string, { bytesInOutput: number }> }
  >;
}

test("wrangler deploy --dry-run passes in CI, offline, within 300 KB gzipped but for what loads later", async (t) => {
  const folder = await createFolder();
  t.after(() => removeFolder(folder));
  const { byteLength } = gzipSync(readFileSync(await bundle(folder)));
  const metafile = JSON.parse(readFileSync(join(folder, "bundle-meta.json"), "utf8")) as Metafile;
  const { part, files } = findEager(metafile);
  // All of it is one script: its parts are taken to be compressed alike.
  const eager = Math.round(byteLength * part);
  t.diagnostic(`KB gzipped: ${Math.round(eager / 1024)} of ${Math.round(byteLength / 1024)}`);
  assert.ok(eager > 10 * 1024 && eager < MAX_GZIP_BYTES, `${eager} bytes`);
  for (const name of LAZY) assert.ok(!files.some((file) => file.includes(`/${name}/`)), name);
});

/** The files that are loaded at once, and their part of the script. */
function findEager({ inputs, outputs }: Metafile): { part: number; files: string[] } {
  const script = Object.values(outputs).find(({ entryPoint }) => entryPoint !== undefined);
  const files = new Set([script?.entryPoint ?? ""]);
  for (const file of files) {
    for (const { path, kind, external } of inputs[file]?.imports ?? []) {
      if (kind !== "dynamic-import" && !external) files.add(path);
    }
  }
  let [eager, all] = [0, 0];
  for (const [file, { bytesInOutput }] of Object.entries(script?.inputs ?? {})) {
    all += bytesInOutput;
    if (files.has(file)) eager += bytesInOutput;
  }
  return { part: eager / all, files: [...files] };
}
