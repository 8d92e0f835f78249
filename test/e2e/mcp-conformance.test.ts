// The conformance suite of the protocol's authors, with our running service as the client. The model is
// emulated: it calls the tool that the suite's server has, once.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { promisify } from "node:util";
import {
  createScript,
  openaiText,
  openaiToolCall,
  type Step,
  toPrompt,
} from "../support/script.ts";
import { createFolder, ROOT, removeFolder } from "./support/service.ts";
import { startWorld } from "./support/upstreams.ts";

const MAX_SCENARIO_MS = 60_000;
const COMMAND = `${process.execPath} ${ROOT}/test/e2e/support/mcp-caller.ts`;

interface Check {
  id: string;
  status: "SUCCESS" | "FAILURE" | "WARNING" | "SKIPPED" | "INFO";
  errorMessage?: string;
}

const world = await startWorld({ ALLOWED_HOSTS: "localhost" });
after(() => world.stop());

/** What the suite found of a scenario in which the model answers so, turn by turn. */
async function run(scenario: string, turns: readonly Step[][]): Promise<Check[]> {
  const folder = await createFolder();
  const [first = [], ...later] = turns;
  const messages = [{ role: "user", content: toPrompt(createScript(first, ...later)) }];
  const MESSAGE = JSON.stringify({ model: "script-openai", max_tokens: 100, messages });
  try {
    const judging = promisify(execFile)(
      "conformance",
      ["client", "--command", COMMAND, "--scenario", scenario, "--output-dir", folder],
      { env: { ...process.env, SERVICE: world.service.url, MESSAGE }, timeout: MAX_SCENARIO_MS },
    );
    const printed = await judging.catch((error) => error); // it fails for a mere warning too
    const [results = "none"] = await readdir(folder);
    const read = (file: string) => readFile(join(folder, results, file), "utf8");
    assert.equal(await read("stdout.txt"), "done\n", printed.stderr);
    return JSON.parse(await read("checks.json"));
  } finally {
    await removeFolder(folder);
  }
}

/** A busy machine is no fault of the client's. */
function isBad({ status, errorMessage = "" }: Check): boolean {
  return status === "FAILURE" || (status === "WARNING" && !errorMessage.includes("slightly late"));
}

const DONE = openaiText(["done"]);

describe("conformance", () => {
  for (const [scenario, check, turns] of [
    ["initialize", "mcp-client-initialization", [DONE]],
    ["tools_call", "tool-add-numbers", [openaiToolCall("add_numbers", { a: 5, b: 3 }), DONE]],
    ["sse-retry", "client-sse-retry-timing", [openaiToolCall("test_reconnection", {}), DONE]],
  ] as const) {
    test(scenario, async () => {
      const checks = await run(scenario, turns);
      assert.deepEqual(checks.filter(isBad), []);
      assert.ok(checks.some(({ id }) => id === check));
    });
  }
});
