// The conformance suite of the Durable Streams protocol, unmodified, against the code that reads
// messages. It writes what it reads, so a Worker for tests alone does the writing.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { createFolder, ROOT, removeFolder, startService } from "./support/service.ts";

const SUITE = "@durable-streams/server-conformance-tests";
/** The Worker that writes. Its settings stand apart from it: wrangler works beside them. */
const SHIM = `
name = "durable-streams"
main = "${ROOT}/test/support/durable-streams/worker.ts"
compatibility_date = "2026-11-17"
durable_objects.bindings = [{ name = "STREAMS", class_name = "StreamObject" }]
exports.StreamObject = { type = "durable-object", storage = "sqlite" }
`;
const CONFIG = `${ROOT}/test/e2e/support/durable-streams/vitest.config.ts`;

/** What is left out, by name, and why: all of it is about writing, or about what we do not offer. */
const LEFT_OUT: [why: string, names: RegExp][] = [
  ["forks: a message is never the beginning of another", /^Fork - /],
  ["times to live and of expiry, which writers set", /TTL|Expir/],
  ["idempotent producers, who write", /[Pp]roducer|close-with-different-body-dedup/],
  [
    "Stream-Seq, by which writers are told apart",
    /sequence ordering|(duplicate|out-of-order) seq|seq ordering/,
  ],
  [
    "subscriptions: an API of its own, left out by the suite too unless asked",
    /^Reserved subscription/,
  ],
];

interface Report {
  testResults: {
    assertionResults: { fullName: string; status: string; failureMessages: string[] }[];
  }[];
}

test("all that is about reading", { timeout: 300_000 }, async (t) => {
  const folder = await createFolder();
  t.after(() => removeFolder(folder));
  const config = join(folder, "wrangler.toml");
  await writeFile(config, SHIM);
  const shim = await startService({ command: ["wrangler", "dev", "--local", "--config", config] });
  t.after(() => shim.stop());
  const cases = await run(shim.url, join(folder, "report.json"));
  const counts = new Map<string, number>();
  for (const { fullName, status, failureMessages } of cases) {
    const why = LEFT_OUT.find(([, names]) => names.test(fullName))?.[0];
    const expected = why === undefined ? "passed" : "skipped";
    assert.equal(status, expected, `${fullName}: ${failureMessages[0]}`);
    const name = why === undefined ? "passed" : `left out: ${why}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  for (const [name, count] of counts) t.diagnostic(`${count} of ${cases.length} ${name}`);
  assert.equal(counts.size, 1 + LEFT_OUT.length);
});

/** By the vitest that the suite depends on: another would not know its tests. */
async function run(url: string, report: string) {
  const { resolve } = createRequire(
    createRequire(import.meta.url).resolve(`${SUITE}/package.json`),
  );
  const vitest = join(resolve("vitest/package.json"), "../vitest.mjs");
  const names = LEFT_OUT.map(([, names]) => names.source).join("|");
  const options = ["--config", CONFIG, "--reporter", "json", "--outputFile", report];
  const args = [vitest, "run", ...options, "--testNamePattern", `^(?!.*(?:${names}))`];
  const env = { ...process.env, CONFORMANCE_URL: url };
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (output += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (output += text));
  await once(child, "close");
  const text = await readFile(report, "utf8").catch(() => assert.fail(output));
  const { testResults } = JSON.parse(text) as Report;
  return testResults.flatMap(({ assertionResults }) => assertionResults);
}
