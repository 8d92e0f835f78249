// Context management done here: what is left of a conversation, and what is told of it.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { applyContextEdits } from "../../src/message/context-edits.ts";
import { type MessageRequest, parseMessageRequest } from "../../src/protocol/request.ts";

const CLEARED = "[This result was cleared to save space.]";
/** 400 bytes: 100 tokens. */
const LONG = "0123456789".repeat(40);

type Message = { role: string; content: unknown };
type Edit = Record<string, unknown>;

function toRequest(messages: Message[], edits: Edit[] = [], more = {}): MessageRequest {
  const parsed = parseMessageRequest({ messages, context_management: { edits }, ...more });
  if (parsed.ok) return parsed.request;
  throw new Error(JSON.stringify(parsed.issues));
}

const user = (content: unknown): Message => ({ role: "user", content });
const assistant = (...content: unknown[]): Message => ({ role: "assistant", content });
const text = (text: string) => ({ type: "text", text });
const thought = (n: number) => ({ type: "thinking", thinking: `${n}`, signature: "s" });
const call = (n: number, name = "look") => ({
  ...{ type: "tool_use", id: `call_${n}`, name },
  input: { at: n },
});
const result = (n: number, content: unknown = LONG) => ({
  ...{ type: "tool_result", tool_use_id: `call_${n}` },
  content,
});

/** A question, and as many calls with their results as there are names. */
function agent(...names: string[]): Message[] {
  const rounds = names.flatMap((name, n) => [assistant(call(n, name)), user([result(n)])]);
  return [user("Look around."), ...rounds];
}

function resultsOf({ messages }: MessageRequest): unknown[] {
  const blocks = messages.flatMap(({ content }) => (typeof content === "string" ? [] : content));
  return blocks.filter(({ type }) => type === "tool_result").map(({ content }) => content);
}

const USES = "clear_tool_uses_20250919";
const THINKING = "clear_thinking_20251015";
const uses = (value: number) => ({ type: "tool_uses", value });
const tokens = (value: number) => ({ type: "input_tokens", value });
const now = { type: USES, trigger: uses(0) };

describe("results of tools", () => {
  const five = agent("look", "look", "search", "look", "look");

  test.for<[name: string, edit: Edit, cleared: number[], inputTokens?: number]>([
    ["nothing before there are 100,000 tokens", { type: USES }, []],
    ["nothing at 100,000", { type: USES }, [], 100_000],
    ["all but three beyond that", { type: USES }, [0, 1], 100_001],
    ["nothing at the trigger in tokens", { type: USES, trigger: tokens(700) }, [], 700],
    ["all but three past it", { type: USES, trigger: tokens(700) }, [0, 1], 701],
    ["by an estimate", { type: USES, trigger: tokens(500) }, [0, 1]],
    ["not by an estimate that does not reach it", { type: USES, trigger: tokens(900) }, []],
    ["nothing at the trigger in uses", { type: USES, trigger: uses(5) }, []],
    ["all but three past that", { type: USES, trigger: uses(4) }, [0, 1]],
    ["all but those to keep", { ...now, keep: uses(1) }, [0, 1, 2, 3]],
    ["all of them", { ...now, keep: uses(0) }, [0, 1, 2, 3, 4]],
    ["none, where there are fewer than to keep", { ...now, keep: uses(9) }, []],
    [
      "none of the tools that are excluded",
      { ...now, keep: uses(1), exclude_tools: ["look"] },
      [2],
    ],
    ["of excluded tools those count that are kept", { ...now, exclude_tools: ["search"] }, [0, 1]],
    ["nothing where it would be too little", { ...now, clear_at_least: tokens(300) }, []],
    ["enough", { ...now, clear_at_least: tokens(150) }, [0, 1]],
  ])("clears %s", ([, edit, cleared, inputTokens]) => {
    const asked = toRequest(five, [edit]);
    const { request, applied_edits } = applyContextEdits(asked, { inputTokens });
    expect(resultsOf(request)).toEqual(
      five.slice(1, 6).map((_, n) => (cleared.includes(n) ? CLEARED : LONG)),
    );
    const told = { type: USES, cleared_tool_uses: cleared.length };
    const count = expect.any(Number);
    expect(applied_edits).toEqual(cleared.length ? [{ ...told, cleared_input_tokens: count }] : []);
  });

  test.for<[unknown, number[]]>([
    [undefined, []],
    [false, []],
    [true, [0, 1]],
    [["search"], [1]],
  ])("clear_tool_inputs %j", ([clear_tool_inputs, cleared]) => {
    const messages = agent("look", "search", "look");
    const edit = { ...now, keep: uses(1), clear_tool_inputs };
    const { request } = applyContextEdits(toRequest(messages, [edit]));
    const inputs = request.messages.flatMap(({ content }) =>
      typeof content === "string" ? [] : content.flatMap((block) => block.input ?? []),
    );
    expect(inputs).toEqual([0, 1, 2].map((n) => (cleared.includes(n) ? {} : { at: n })));
  });

  test("what else a result says of itself stays, and every other block", () => {
    const failed = { ...result(0), is_error: true, cache_control: { type: "ephemeral" } };
    const messages = [
      user("Look."),
      assistant(text("I will."), call(0)),
      user([failed, text("Well?")]),
    ];
    const { request } = applyContextEdits(toRequest(messages, [{ ...now, keep: uses(0) }]));
    expect(request.messages).toEqual([
      ...messages.slice(0, 2),
      user([{ ...failed, content: CLEARED }, text("Well?")]),
    ]);
  });

  test("a call without a result is none yet", () => {
    const messages = [...agent("look"), assistant(call(7))];
    const edit = { ...now, trigger: uses(1), keep: uses(0) };
    expect(applyContextEdits(toRequest(messages, [edit])).applied_edits).toEqual([]);
  });

  test("tokens are counted by what is known, and pictures as pictures", () => {
    const source = { type: "base64", media_type: "image/png", data: "AAAA".repeat(1e4) };
    const picture = [{ type: "image", source }];
    const messages = [user("Look."), assistant(call(0)), user([result(0, picture)])];
    const edit = { ...now, keep: uses(0) };
    const clear = (inputTokens?: number) => {
      const { applied_edits } = applyContextEdits(toRequest(messages, [edit]), { inputTokens });
      return applied_edits[0]?.cleared_input_tokens ?? 0;
    };
    expect(clear()).toBeGreaterThan(1_400);
    expect(clear()).toBeLessThan(1_600);
    const whole = clear(1_000_000);
    expect(whole).toBeGreaterThan(900_000);
    expect(whole).toBeLessThan(1_000_000);
  });
});

describe("thinking", () => {
  /** Three turns, the second with a tool in between. */
  const three = [
    user("One."),
    assistant(thought(1), text("1")),
    user("Two."),
    assistant(thought(2), { type: "redacted_thinking", data: "x" }, call(0)),
    user([result(0)]),
    assistant(thought(3), text("2")),
    user("Three."),
    assistant(thought(4)),
    user("Four."),
    assistant(text("4")),
    user("Five."),
  ];

  test.for<[keep: unknown, left: string[], turns: number]>([
    [undefined, ["4"], 2],
    [{ type: "thinking_turns", value: 1 }, ["4"], 2],
    [{ type: "thinking_turns", value: 2 }, ["2", "3", "4"], 1],
    [{ type: "thinking_turns", value: 3 }, ["1", "2", "3", "4"], 0],
    [{ type: "thinking_turns", value: 9 }, ["1", "2", "3", "4"], 0],
    ["all", ["1", "2", "3", "4"], 0],
    [{ type: "all" }, ["1", "2", "3", "4"], 0],
  ])("keep %j leaves %j", ([keep, left, turns]) => {
    const { request, applied_edits } = applyContextEdits(
      toRequest(three, [{ type: THINKING, keep }]),
    );
    const blocks = request.messages.flatMap(({ content }) =>
      typeof content === "string" ? [] : content,
    );
    expect(blocks.flatMap(({ thinking }) => thinking ?? [])).toEqual(left);
    expect(blocks.some(({ type }) => type === "redacted_thinking")).toBe(left.includes("2"));
    const count = expect.any(Number);
    const told = { type: THINKING, cleared_thinking_turns: turns, cleared_input_tokens: count };
    expect(applied_edits).toEqual(turns > 0 ? [told] : []);
  });

  test("a message that was nothing else goes", () => {
    const messages = [user("One."), assistant(thought(1)), user("Two."), assistant(thought(2))];
    const { request } = applyContextEdits(toRequest(messages, [{ type: THINKING }]));
    expect(request.messages).toEqual([user("One."), user("Two."), assistant(thought(2))]);
  });
});

describe("several edits", () => {
  const messages = [
    user("One."),
    assistant({ ...thought(1), thinking: LONG.repeat(10) }, call(0)),
    user([result(0)]),
    user("Two."),
    assistant(thought(2), call(1)),
    user([result(1)]),
  ];

  test("thinking goes first, whatever their order, and what it saved counts", () => {
    const clear = { type: USES, trigger: tokens(900), keep: uses(0) };
    for (const edits of [
      [{ type: THINKING }, clear],
      [clear, { type: THINKING }],
    ]) {
      const { applied_edits } = applyContextEdits(toRequest(messages, edits));
      expect(applied_edits.map(({ type }) => type)).toEqual([THINKING]);
    }
    const both = [clear, { type: THINKING, keep: "all" }];
    const { applied_edits } = applyContextEdits(toRequest(messages, both));
    expect(applied_edits.map(({ type }) => type)).toEqual([USES]);
  });

  test("those that nobody here knows are left for whoever is sent the request", () => {
    const compact = { type: "compact_20260112", trigger: tokens(1) };
    const left = (edits: Edit[]) =>
      applyContextEdits(toRequest(messages, edits)).request.context_management;
    expect(left([{ type: THINKING }, compact, now])).toEqual({ edits: [compact] });
    expect(left([now])).toBeUndefined();
    expect(left([])).toBeUndefined();
  });
});

test("whatever is edited, the request stays one, is not written to, and asks for no more", () => {
  const edit = fc.oneof(
    fc.record({
      type: fc.constant(USES),
      trigger: fc.oneof(fc.nat(6).map(uses), fc.nat(900).map(tokens)),
      keep: fc.nat(6).map(uses),
      clear_at_least: fc.nat(300).map(tokens),
      exclude_tools: fc.subarray(["look", "search"]),
      clear_tool_inputs: fc.oneof(fc.boolean(), fc.subarray(["look", "search"])),
    }),
    fc.record({
      type: fc.constant(THINKING),
      keep: fc.integer({ min: 1, max: 4 }).map((value) => ({ type: "thinking_turns", value })),
    }),
  );
  const round = fc.record({
    name: fc.constantFrom("look", "search"),
    thinks: fc.boolean(),
    speaks: fc.boolean(),
  });
  fc.assert(
    fc.property(
      fc.array(round, { maxLength: 6 }),
      fc.array(edit, { maxLength: 3 }),
      fc.option(fc.nat(2_000), { nil: undefined }),
      (rounds, edits, inputTokens) => {
        const messages = rounds.flatMap(({ name, thinks, speaks }, n) => [
          ...(speaks ? [user("Well?")] : []),
          assistant(...(thinks ? [thought(n)] : []), call(n, name)),
          user([result(n)]),
        ]);
        const asked = toRequest([user("Go."), ...messages], edits);
        const before = structuredClone(asked);
        const { request } = applyContextEdits(asked, { inputTokens });
        expect(asked).toEqual(before);
        expect(parseMessageRequest(request).ok).toBe(true);
        expect(JSON.stringify(request).length).toBeLessThanOrEqual(JSON.stringify(asked).length);
      },
    ),
  );
});
