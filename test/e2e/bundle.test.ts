// What would be deployed: it bundles without an account or a network, and stays small.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { createFolder, newcomersEnv, ROOT, removeFolder } from "./support/service.ts";

const MAX_GZIP_BYTES = 300 * 1024;
/** Whoever tries to reach this has no luck. */
const NOWHERE = "http://127.0.0.1:1";

test("wrangler deploy --dry-run passes in CI, offline, within 300 KB gzipped", async (t) => {
  const folder = await createFolder();
  t.after(() => removeFolder(folder));
  const args = ["deploy", "--dry-run", "--outdir", join(folder, "out")];
  const { stdout } = await promisify(execFile)("wrangler", args, {
    cwd: ROOT,
    env: {
      ...newcomersEnv(folder),
      CI: "1",
      WRANGLER_HIDE_BANNER: "true",
      CLOUDFLARE_API_BASE_URL: NOWHERE,
      CLOUDFLARE_CF_FETCH_ENABLED: "false",
    },
    timeout: 60_000,
  });
  assert.match(stdout, /--dry-run: exiting now/);
  const scripts = readdirSync(join(folder, "out")).filter((file) => file.endsWith(".js"));
  assert.equal(scripts.length, 1, `${scripts}`);
  const { byteLength } = gzipSync(readFileSync(join(folder, "out", `${scripts[0]}`)));
  t.diagnostic(`${Math.round(byteLength / 1024)} KiB gzipped`);
  assert.ok(byteLength > 10 * 1024 && byteLength < MAX_GZIP_BYTES, `${byteLength} bytes`);
});
