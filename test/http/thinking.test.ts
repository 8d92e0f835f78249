// Thinking over two requests of a conversation: what the first answer has goes back in the second, to
// the same upstream or to another, with what each can take.

import { expect, test } from "vitest";
import { ended, message, start } from "../support/client.ts";
import { prepare } from "../support/play.ts";
import {
  anthropicBlock,
  anthropicEnd,
  anthropicStart,
  anthropicText,
  openaiDelta,
  openaiEnd,
  openaiText,
  openaiToolCall,
  type Step,
} from "../support/script.ts";

const A = "script-anthropic";
const O = "script-openai";

const signed = { type: "thinking", thinking: "Let me see.", signature: "c2lnbmVk" };
const unsigned = { ...signed, signature: "" };
const redacted = { type: "redacted_thinking", data: "ZW5j" };
const text = { type: "text", text: "Seen." };
const call = { type: "tool_use", id: "t_1", name: "look", input: { at: "it" } };
const result = { type: "tool_result", tool_use_id: "t_1", content: "blue" };
const tools = [{ name: "look", input_schema: { type: "object" } }];

const thoughtOf = (index: number): Step[] =>
  anthropicBlock(index, { type: "thinking", thinking: "", signature: "" }, [
    { type: "thinking_delta", thinking: "Let me " },
    { type: "thinking_delta", thinking: "see." },
    { type: "signature_delta", signature: signed.signature },
  ]);
const textOf = (index: number): Step[] =>
  anthropicBlock(index, { type: "text", text: "" }, [{ type: "text_delta", text: text.text }]);

const answers = {
  anthropic: [
    anthropicStart(),
    ...thoughtOf(0),
    ...anthropicBlock(1, redacted, []),
    ...textOf(2),
    ...anthropicEnd(),
  ],
  "anthropic, calling": [
    anthropicStart(),
    ...thoughtOf(0),
    ...anthropicBlock(1, { ...call, input: {} }, [
      { type: "input_json_delta", partial_json: JSON.stringify(call.input) },
    ]),
    ...anthropicEnd("tool_use"),
  ],
  openai: [openaiDelta({ reasoning_content: unsigned.thinking }), ...openaiText([text.text])],
  "openai, calling": [
    openaiDelta({ reasoning: unsigned.thinking }),
    ...openaiToolCall(call.name, call.input, call.id),
  ],
};

const function_ = { name: "look", arguments: JSON.stringify(call.input) };
const tool_calls = [{ id: "t_1", type: "function", function: function_ }];
const assistant = (content: unknown) => ({ role: "assistant", content });
const reasoning_content = unsigned.thinking;

/** What the first answer comes to, and what the second upstream is sent of it. */
type Told = [content: unknown[], sent: unknown, lost?: string[]];

test.for<[first: string, answer: keyof typeof answers, second: string, Told]>([
  [A, "anthropic", A, [[signed, redacted, text], assistant([signed, redacted, text])]],
  [A, "anthropic, calling", A, [[signed, call], assistant([signed, call])]],
  [A, "anthropic", O, [[signed, redacted, text], assistant("Seen.")]],
  [O, "openai", A, [[unsigned, text], assistant([text]), ["messages.thinking"]]],
  [O, "openai, calling", A, [[unsigned, call], assistant([call]), ["messages.thinking"]]],
  [O, "openai", O, [[unsigned, text], assistant("Seen.")]],
  [O, "openai, calling", O, [[unsigned, call], { ...assistant(null), tool_calls }]],
  [O, "openai", "sent-openai", [[unsigned, text], { ...assistant("Seen."), reasoning_content }]],
  [
    ...([O, "openai, calling", "sent-openai"] as const),
    [[unsigned, call], { ...assistant(null), reasoning_content, tool_calls }],
  ],
])("%s answers as %s, then %s", async ([first, answer, second, [content, sent, lost = []]]) => {
  const asked = { thinking: { type: "adaptive" }, tools };
  const before = prepare(answers[answer]);
  await start({ ...before.body, ...asked, model: first }, { id: before.id });
  await ended(before.id);
  const { body: answered } = await message(before.id);
  expect(answered.content).toEqual(content);

  const after = prepare(second === A ? anthropicText(["Good."]) : openaiText(["Good."]));
  const isCalling = content.includes(call);
  const [question] = before.body.messages;
  const [further] = after.body.messages;
  const messages = [
    question,
    { role: "assistant", content: answered.content },
    ...(isCalling ? [{ role: "user", content: [result] }] : []),
    further,
  ];
  await start({ ...after.body, ...asked, model: second, messages }, { id: after.id });
  const [request] = (await after.requested()).requests;
  expect(request?.body.messages).toEqual(expect.arrayContaining([sent]));
  const { status, metadata } = await ended(after.id);
  expect([status, metadata.ignored_fields]).toEqual(["completed", lost]);
});

test("thinking that is all there was leaves no empty message behind", async () => {
  const answer = [openaiDelta({ reasoning_content: "Hm." }), ...openaiEnd({ reason: "length" })];
  const before = prepare(answer);
  await start({ ...before.body, model: O }, { id: before.id });
  await ended(before.id);
  const { content } = (await message(before.id)).body;
  expect(content).toEqual([{ type: "thinking", thinking: "Hm.", signature: "" }]);

  const after = prepare(anthropicText(["Good."]));
  const messages = [
    ...before.body.messages,
    { role: "assistant", content },
    ...after.body.messages,
  ];
  await start({ ...after.body, messages }, { id: after.id });
  const [request] = (await after.requested()).requests;
  expect(request?.body.messages).toEqual([...before.body.messages, ...after.body.messages]);
});
