// What an upstream that knows nothing of our tools is told of a conversation in which they ran.

import { expect, test } from "vitest";
import type { ContentBlock } from "../../src/protocol/event.ts";
import type { MessageRequest } from "../../src/protocol/request.ts";
import { expandHistory } from "../../src/tools/history.ts";

type Messages = MessageRequest["messages"];

const text = (text: string) => ({ type: "text", text });
const call = (id: string, name = "look") => ({
  type: "server_tool_use",
  id,
  name,
  input: { a: 1 },
});
const mcp = (id: string) => ({ ...call(id, "add"), type: "mcp_tool_use", server_name: "sums" });
const use = (id: string, name = "look") => ({ type: "tool_use", id, name, input: { a: 1 } });
const found = (id: string, content: unknown = [text("found")], more = {}) => ({
  type: "server_tool_result",
  tool_use_id: id,
  content,
  ...more,
});
const result = (id: string, content: unknown = [text("found")], more = {}) => ({
  type: "tool_result",
  tool_use_id: id,
  content,
  ...more,
});
const cached = { cache_control: { type: "ephemeral" } };
const view = (content: unknown, start_line: unknown) => ({
  ...{ type: "text_editor_code_execution_view_result", file_type: "text" },
  ...{ content, start_line },
});
const user = (...content: object[]) => ({ role: "user", content });
const assistant = (...content: object[]) => ({ role: "assistant", content });
const page = { type: "document", source: { type: "text", media_type: "text/plain", data: "x" } };

const reading = {
  isNative: ({ id, tool_use_id }: ContentBlock) =>
    String(id ?? tool_use_id).startsWith("srvtoolu_"),
  toName: ({ server_name, name }: ContentBlock) =>
    server_name === undefined ? String(name) : `${server_name}__${name}`,
};

test.for<[string, object[], object[]]>([
  ["no tools", [user(text("hi")), assistant(text("a"))], [user(text("hi")), assistant(text("a"))]],
  ["text alone", [{ role: "assistant", content: "a" }], [{ role: "assistant", content: "a" }]],
  [
    "a call and its result",
    [assistant(text("a"), call("1"), found("1"))],
    [assistant(text("a"), use("1")), user(result("1"))],
  ],
  [
    "where a prefix that is kept ends",
    [assistant({ ...call("1"), ...cached }, found("1", "found", cached))],
    [assistant({ ...use("1"), ...cached }), user(result("1", "found", cached))],
  ],
  [
    "what the model said then",
    [assistant(call("1"), found("1"), text("b"))],
    [assistant(use("1")), user(result("1")), assistant(text("b"))],
  ],
  [
    "calls at once, answered in another order",
    [assistant(call("1"), mcp("2"), found("2"), found("1"), text("b"))],
    [
      assistant(use("1"), use("2", "sums__add")),
      user(result("2"), result("1")),
      assistant(text("b")),
    ],
  ],
  [
    "turn after turn",
    [assistant(call("1"), found("1"), call("2"), found("2"))],
    [assistant(use("1")), user(result("1")), assistant(use("2")), user(result("2"))],
  ],
  [
    "thinking stays where it was",
    [assistant({ type: "thinking", thinking: "hm", signature: "s" }, call("1"), found("1"))],
    [assistant({ type: "thinking", thinking: "hm", signature: "s" }, use("1")), user(result("1"))],
  ],
  [
    "beside a tool of the caller's: all results in one message",
    [assistant(call("1"), use("9", "mine"), found("1")), user(result("9"), text("so?"))],
    [assistant(use("1"), use("9", "mine")), user(result("1"), result("9"), text("so?"))],
  ],
  [
    "a question after it",
    [assistant(call("1"), found("1")), { role: "user", content: "so?" }],
    [assistant(use("1")), user(result("1"), text("so?"))],
  ],
  [
    "a result in the message of the call, as PrivateGPT has it",
    [assistant(use("9"), result("9", "found", { cache_control: "c" }), text("b"))],
    [assistant(use("9")), user(result("9", "found", { cache_control: "c" })), assistant(text("b"))],
  ],
  [
    "a result in the message after that",
    [assistant(use("9")), assistant(result("9"), text("b")), user(text("so?"))],
    [assistant(use("9")), user(result("9")), assistant(text("b")), user(text("so?"))],
  ],
  [
    "some of the results there, the others with the user",
    [assistant(use("8"), use("9"), result("8")), user(result("9"), text("so?"))],
    [assistant(use("8"), use("9")), user(result("8"), result("9"), text("so?"))],
  ],
  ["a call without a result", [assistant(text("a"), call("1"))], [assistant(text("a"))]],
  ["nothing but that", [assistant(call("1"))], []],
  ["a result without a call", [assistant(text("a"), found("1"))], [assistant(text("a"))]],
  [
    "what the upstream ran itself",
    [assistant(call("srvtoolu_1"), found("srvtoolu_1"), call("2"), found("2"))],
    [assistant(call("srvtoolu_1"), found("srvtoolu_1"), use("2")), user(result("2"))],
  ],
  [
    "an error",
    [assistant(call("1"), found("1", "no", { is_error: true }))],
    [assistant(use("1")), user(result("1", "no", { is_error: true }))],
  ],
  [
    "a page",
    [assistant(call("1"), found("1", { type: "web_fetch_result", url: "u", content: page }))],
    [assistant(use("1")), user(result("1", [page]))],
  ],
  [
    "no page",
    [assistant(call("1"), found("1", { type: "x_error", error_code: "unavailable" }))],
    [
      assistant(use("1")),
      user(result("1", '{"type":"x_error","error_code":"unavailable"}', { is_error: true })),
    ],
  ],
  [
    "lines of a file",
    [assistant(call("1"), found("1", view("a\nb", 9)))],
    [assistant(use("1")), user(result("1", "     9\ta\n    10\tb"))],
  ],
  [
    "an empty file",
    [assistant(call("1"), found("1", view("", 1)))],
    [assistant(use("1")), user(result("1", ""))],
  ],
  [
    "a directory",
    [assistant(call("1"), found("1", view("/w/\n/w/f", null)))],
    [assistant(use("1")), user(result("1", "/w/\n/w/f"))],
  ],
  [
    "no view at all",
    [assistant(call("1"), found("1", view(null, 1)))],
    [assistant(use("1")), user(result("1", JSON.stringify(view(null, 1))))],
  ],
  [
    "nothing",
    [assistant(call("1"), found("1", null))],
    [assistant(use("1")), user(result("1", ""))],
  ],
  [
    "blocks of a kind that results do not hold",
    [assistant(call("1"), found("1", [{ type: "resource", uri: "u" }]))],
    [assistant(use("1")), user(result("1", [text('{"type":"resource","uri":"u"}')]))],
  ],
])("%s", ([, messages, expanded]) => {
  expect(expandHistory(messages as unknown as Messages, reading)).toEqual(expanded);
});
