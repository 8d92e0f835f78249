// Whether a message that goes on after a crash has used its container, by its calls so far.

import { expect, test } from "vitest";
import { hasUsedContainer } from "../../src/message/container.ts";
import type { MessageRequest } from "../../src/protocol/request.ts";

const DATED = { type: "code_execution_20250825", name: "code_execution" };
const call = (name: string, id = "toolu_1") => ({ type: "server_tool_use", id, name, input: {} });

test.for<[what: string, tool: object, block: object, isUsed: boolean]>([
  ["a shell", { type: "bash_v1" }, call("bash"), true],
  ["one of two", { type: "code_execution_v1" }, call("text_editor_code_execution"), true],
  ["one of Anthropic's two, run here", DATED, call("bash_code_execution"), true],
  ["one that Anthropic ran", DATED, call("bash_code_execution", "srvtoolu_1"), false],
  ["another tool", { type: "bash_v1" }, call("web_fetch"), false],
  ["a tool of the caller", { name: "bash" }, { ...call("bash"), type: "tool_use" }, false],
])("%s", ([, tool, block, isUsed]) => {
  const request = { tools: [tool] } as unknown as MessageRequest;
  expect(hasUsedContainer(request, [{ type: "text" }, block as { type: string }])).toBe(isUsed);
});
