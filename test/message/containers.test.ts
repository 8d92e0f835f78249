// Tools that work in a container: what one message leaves there, the next one finds; and whatever a
// command tries, the message goes on.

import { describe, expect, test } from "vitest";
import { ended, message, observe, start } from "../support/client.ts";
import { foldWithBetaSdk } from "../support/folding.ts";
import { parse } from "../support/laws.ts";
import { prepare } from "../support/play.ts";
import { openaiText, openaiToolCall } from "../support/script.ts";
import {
  BASH,
  type Block,
  bash,
  type Call,
  EDITOR,
  resultsOf,
  TOOLS,
  uniqueContainer,
  work,
  workFor,
} from "../support/working.ts";

const HUGE = 's=$(printf "%1000000s" x); for i in {1..12}; do echo "$s" >> f || break; done';

test("a file that one message writes is there for the next, and so is the directory", async () => {
  const container = uniqueContainer();
  await work({ container }, bash("mkdir -p a/b && cd a/b && echo one > f"));
  const next = await work(
    { container: { id: container } },
    bash("pwd; cat f"),
    [EDITOR, { command: "str_replace", path: "/workspace/a/b/f", old_str: "one", new_str: "two" }],
    bash("cat f", { restart: true }),
    bash("cat a/b/f"),
  );
  expect(await resultsOf(next)).toMatchObject([
    { type: "bash_code_execution_result", stdout: "/workspace/a/b\none\n", return_code: 0 },
    { type: "text_editor_code_execution_str_replace_result", lines: ["-one", "+two"] },
    { return_code: 1 },
    { stdout: "two\n", return_code: 0 },
  ]);
});

test("the answer names it, in the log and folded, and the official SDK reads it all", async () => {
  const container = uniqueContainer();
  const { id } = await work({ container }, bash("echo hello"));
  const events = parse(await (await observe("sse", id)).rest());
  const deltas = events.filter((event) => event.type === "message_delta");
  expect(deltas.map(({ delta }) => "container" in delta)).toEqual([false, true]);
  const folded = await foldWithBetaSdk(events);
  const { body } = await message(id);
  for (const one of [body, folded]) {
    expect(one).toMatchObject({
      container: { id: container, expires_at: expect.stringMatching(/^\d{4}-.*Z$/) },
      content: [
        { type: "server_tool_use", name: BASH, input: { command: "echo hello" } },
        { type: "bash_code_execution_tool_result", content: { stdout: "hello\n" } },
        { type: "text" },
      ],
    });
  }
  const { expires_at } = body.container as { expires_at: string };
  const left = Date.parse(expires_at);
  expect(left - Date.now()).toBeGreaterThan(1_000_000);
});

test("one that no tool has used is not named", async () => {
  const { id } = await work({ container: uniqueContainer() });
  expect((await message(id)).body).not.toHaveProperty("container");
});

test("without a name a message has one of its own, which the next can use", async () => {
  const first = await work({}, bash("echo mine > f"));
  const second = await work({}, bash("cat f"));
  expect(await resultsOf(second)).toMatchObject([{ return_code: 1 }]);
  const container = (await message(first.id)).body.container as { id: string };
  const third = await work({ container: container.id }, bash("cat f"));
  expect(await resultsOf(third)).toMatchObject([{ stdout: "mine\n" }]);
});

test("the upstream is offered a shell and an editor, and told of results as of its own", async () => {
  const playing = await work({ container: uniqueContainer() }, bash("echo hello"));
  const { requests } = await playing.requested(2);
  const body = requests[1]?.body as Record<string, unknown>;
  expect(body.tools).toMatchObject([{ name: BASH }, { name: EDITOR }]);
  expect(body).not.toHaveProperty("container");
  const [, use, result] = body.messages as unknown as { content: Block[] }[];
  expect(use?.content).toMatchObject([{ type: "tool_use", name: BASH }]);
  expect(result?.content).toMatchObject([{ type: "tool_result", tool_use_id: "toolu_0" }]);
  expect(JSON.stringify(result)).toContain("hello");
});

const PYTHON_ONLY = { type: "code_execution_20250522", name: "code_execution" };

test.for<[string, object[], string[]]>([
  ["bash_v1", [{ type: "bash_v1" }], ["bash"]],
  ["text_editor_v1", [{ type: "text_editor_v1", name: "edit" }], ["edit"]],
  ["one command each", [{ type: "view_v1" }, { type: "create_v1" }], ["view", "create"]],
  [
    "Anthropic's, by its date",
    [{ type: "code_execution_20250825", name: "code_execution" }],
    [BASH, EDITOR],
  ],
  ["Anthropic's first, which is not a shell", [PYTHON_ONLY], ["code_execution"]],
])("the names of %s", async ([, tools, names]) => {
  const playing = await work({ tools });
  const { requests } = await playing.requested();
  const offered = requests[0]?.body.tools as { name: string }[];
  expect(offered.map(({ name }) => name)).toEqual(names);
});

test("a choice of Anthropic's is one of the shell, where an upstream does not know it", async () => {
  const playing = await work({
    tools: [{ type: "code_execution_20250825", name: "code_execution" }],
    tool_choice: { type: "tool", name: "code_execution" },
  });
  const { requests } = await playing.requested();
  expect(requests[0]?.body.tool_choice).toEqual({ type: "tool", name: BASH });
});

test("in the other dialect", async () => {
  const playing = prepare(
    openaiToolCall(BASH, { command: "echo $((6 * 7))" }),
    openaiText(["Done."]),
  );
  const body = { ...playing.body, model: "script-openai", tools: TOOLS };
  await start(body, { id: playing.id });
  await ended(playing.id);
  expect(await resultsOf(playing)).toMatchObject([{ stdout: "42\n" }]);
  expect((await message(playing.id)).body).toHaveProperty("container.id");
});

test("two messages at once in one container lose nothing of each other", async () => {
  const container = uniqueContainer();
  const adding = (word: string) =>
    work({ container }, ...Array.from({ length: 4 }, () => bash(`echo ${word} >> log`)));
  await Promise.all(["a", "b", "c"].map(adding));
  const [counted] = await resultsOf(
    await work({ container }, bash("sort log | uniq -c | tr -s ' '")),
  );
  expect(counted?.stdout).toBe(" 4 a\n 4 b\n 4 c\n");
});

test("the same name is another container for another tenant", async () => {
  const container = uniqueContainer();
  const other = { key: "globex-key" };
  await work({ container }, bash("echo mine > f"));
  const theirs = await workFor(other, { container }, bash("cat f"), bash("echo theirs > f"));
  expect(await resultsOf(theirs, other)).toMatchObject([{ return_code: 1 }, { return_code: 0 }]);
  const [read] = await resultsOf(await work({ container }, bash("cat f")));
  expect(read?.stdout).toBe("mine\n");
});

describe("the message goes on after", () => {
  test.for<[string, Call, object]>([
    ["an endless loop", bash("while true; do :; done"), { stderr: /./ }],
    ["a fork-like recursion", bash("f() { f | f & }; f"), { stderr: /./ }],
    ["endless output", bash("while true; do echo y; done"), { stderr: /too many/ }],
    ["a huge file", bash(HUGE), { stderr: /total output size/ }],
    ["a way out by its path", bash("cat ../../../../etc/passwd"), { stderr: /No such file/ }],
    ["a way out by a link", bash("ln -s /../../etc x; cat x/passwd"), { stderr: /No such file/ }],
    ["the network", bash("curl http://127.0.0.1/"), { stderr: /not found/ }],
    ["writing where nothing may be", bash("mkdir -p /mnt/skills"), { stderr: /read-only/i }],
    [
      "a file that is not there",
      [EDITOR, { command: "view", path: "/etc/passwd" }],
      { error_code: "file_not_found" },
    ],
    [
      "a path that does not begin at the root",
      [EDITOR, { command: "view", path: "relative" }],
      { error_code: "invalid_tool_input" },
    ],
    ["a call without a command", [BASH, {}], { error_code: "invalid_tool_input" }],
  ])("%s", async ([, call, told]) => {
    const playing = await work({}, call, bash("echo still here"));
    const [first, second] = await resultsOf(playing);
    for (const [name, value] of Object.entries(told)) {
      if (value instanceof RegExp) expect(first?.[name]).toMatch(value);
      else expect(first?.[name]).toBe(value);
    }
    expect(second).toMatchObject({ stdout: "still here\n" });
    expect((await message(playing.id)).body.status).toBe("completed");
  });
});

test("a name that cannot be one is a fault of the request", async () => {
  const { code, body } = await start({
    model: "simulated",
    messages: [{ role: "user", content: "Hello" }],
    tools: TOOLS,
    container: "../other",
  });
  expect([code, body.detail]).toMatchObject([422, [{ loc: ["body", "container"] }]]);
});
