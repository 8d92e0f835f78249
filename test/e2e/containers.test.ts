// One conversation of five requests that shares a container, with the official SDK, and a crash in its
// midst: a script is written, run, changed, run again, and its result fetched over HTTP.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import Anthropic from "@anthropic-ai/sdk";
import { startEmulator } from "../support/node/emulator.ts";
import { anthropicText, anthropicToolUse, createScript, toPrompt } from "../support/script.ts";

import { createFolder, removeFolder, type Service, startService } from "./support/service.ts";

const BASH = "bash_code_execution";
const EDITOR = "text_editor_code_execution";
const SCRIPT = "/workspace/sums.sh";
const FIRST =
  'for n in 1 2 3; do echo "$n squared is $((n * n))"; done > result.txt\nwc -l < result.txt\n';

type Call = [name: string, input: object];

let folder: string;
let service: Service;
let emulator: Awaited<ReturnType<typeof startEmulator>>;
const messages: Anthropic.MessageParam[] = [];
let container: string | undefined;

const start = () =>
  startService({
    persistTo: folder,
    vars: { MODELS: { script: { provider: "anthropic", base_url: `${emulator.url}/anthropic` } } },
  });

before(async () => {
  folder = await createFolder();
  emulator = await startEmulator();
  service = await start();
});
after(async () => {
  await Promise.all([service.stop(), emulator.stop()]);
  await removeFolder(folder);
});

/** The next request of the conversation, in which the model makes one call; what came of it. */
async function say([name, input]: Call): Promise<unknown> {
  const script = createScript(
    anthropicToolUse(name, input, `toolu_${messages.length}`),
    anthropicText(["Done."]),
  );
  messages.push({ role: "user", content: toPrompt(script) });
  const client = new Anthropic({ baseURL: service.url, apiKey: "any", maxRetries: 0 });
  const answer = await client.messages.create({
    model: "script",
    max_tokens: 500,
    messages,
    tools: [{ type: "code_execution_20250825", name: "code_execution" }],
    ...(container !== undefined && { container }),
  });
  messages.push({ role: "assistant", content: answer.content });
  assert.equal(answer.stop_reason, "end_turn");
  container ??= answer.container?.id;
  assert.equal(answer.container?.id, container);
  assert.ok(Date.parse(answer.container?.expires_at ?? "") > Date.now());
  const [, result] = answer.content;
  return (result as { content?: unknown }).content;
}

const ran = (stdout: string) => ({
  type: "bash_code_execution_result",
  ...{ stdout, stderr: "", return_code: 0, content: [] },
});

test("five requests, one workspace, and a crash", { timeout: 60_000 }, async () => {
  assert.deepEqual(await say([EDITOR, { command: "create", path: SCRIPT, file_text: FIRST }]), {
    type: "text_editor_code_execution_create_result",
    is_file_update: false,
  });
  assert.deepEqual(await say([BASH, { command: "bash sums.sh" }]), ran("3\n"));
  await service.stop("SIGKILL");
  service = await start();
  const edited = await say([
    EDITOR,
    { command: "str_replace", path: SCRIPT, old_str: "1 2 3", new_str: "1 2 3 4" },
  ]);
  assert.equal((edited as { type: string }).type, "text_editor_code_execution_str_replace_result");
  assert.deepEqual(await say([BASH, { command: "bash sums.sh" }]), ran("4\n"));
  assert.deepEqual(
    await say([BASH, { command: "tail -n 1 result.txt" }]),
    ran("4 squared is 16\n"),
  );
  const files = `${service.url}/v1/containers/${container}/files`;
  const result = await fetch(`${files}/workspace/result.txt`);
  assert.equal(
    await result.text(),
    "1 squared is 1\n2 squared is 4\n3 squared is 9\n4 squared is 16\n",
  );
  const { data } = (await (await fetch(files)).json()) as { data: { path: string }[] };
  assert.deepEqual(
    data.map(({ path }) => path),
    ["/workspace/result.txt", SCRIPT],
  );
});
