// What would be deployed: it bundles without an account or a network, and stays small.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { bundle } from "./support/bundle.ts";
import { createFolder, removeFolder } from "./support/service.ts";

const MAX_GZIP_BYTES = 300 * 1024;

test("wrangler deploy --dry-run passes in CI, offline, within 300 KB gzipped", async (t) => {
  const folder = await createFolder();
  t.after(() => removeFolder(folder));
  const { byteLength } = gzipSync(readFileSync(await bundle(folder)));
  t.diagnostic(`${Math.round(byteLength / 1024)} KB gzipped`);
  assert.ok(byteLength > 10 * 1024 && byteLength < MAX_GZIP_BYTES, `${byteLength} bytes`);
});
