// The client as a package entry: small, without dependencies, and typed for every runtime by itself.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { createFolder, newcomersEnv, ROOT, removeFolder } from "./support/service.ts";

const MAX_GZIP_BYTES = 5 * 1024;
const ENTRY = `${ROOT}/src/client/client.ts`;

/** What a program for each runtime has, and nothing of the others. */
const RUNTIMES = {
  "a browser": { lib: ["es2024", "dom", "dom.iterable", "dom.asynciterable"], types: [] },
  Node: { lib: ["es2024"], types: ["node-types"] },
  "a Worker": { lib: ["es2024"], types: ["@cloudflare/workers-types"] },
};

describe("the entry async-messages/client", { concurrency: true, timeout: 60_000 }, () => {
  test("bundles for a browser to less than 5 KB gzipped, and imports nothing", async (t) => {
    const folder = await createFolder();
    t.after(() => removeFolder(folder));
    const page = join(folder, "page.js");
    await writeFile(page, `export * from "${ENTRY}";`);
    const bundled = await run(folder, "esbuild", [
      page,
      ...["--bundle", "--minify", "--format=esm", "--platform=browser", "--log-level=error"],
    ]);
    assert.match(bundled, /^(?!.*\bimport\b)(?!.*\brequire\b).*\bexport\b/s);
    const { byteLength } = gzipSync(bundled, { level: 9 });
    t.diagnostic(`${byteLength} bytes gzipped`);
    assert(byteLength > 1024 && byteLength < MAX_GZIP_BYTES, `${byteLength} bytes`);
  });

  for (const [runtime, compilerOptions] of Object.entries(RUNTIMES)) {
    test(`is typed for ${runtime}`, async (t) => {
      const folder = await createFolder();
      t.after(() => removeFolder(folder));
      const extending = { extends: `${ROOT}/tsconfig.json`, include: [], files: [ENTRY] };
      const typeRoots = { typeRoots: [`${ROOT}/node_modules`] };
      const config = { ...extending, compilerOptions: { ...compilerOptions, ...typeRoots } };
      await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
      assert.equal(await run(folder, "tsc", ["--noEmit", "-p", folder]), "");
    });
  }
});

/** What a command prints. Rejects with that where it fails. */
async function run(folder: string, command: string, args: string[]): Promise<string> {
  const env = newcomersEnv(folder);
  const { stdout } = await promisify(execFile)(command, args, { cwd: ROOT, env }).catch((error) => {
    throw new Error(`${error.message}\n${error.stdout}`);
  });
  return stdout;
}
