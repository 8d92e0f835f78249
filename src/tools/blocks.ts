// How calls and results of tools on our side look in a log. Pure.

import type { ContentBlock, StreamEvent } from "../protocol/event.ts";
import type { PendingCall } from "../protocol/turns.ts";
import type { Outcome, ServerTool } from "./tool.ts";

/** The block of a call: `use` is the `tool_use` that the model made. */
export function toCallBlock(use: ContentBlock, tool: ServerTool | undefined): ContentBlock {
  if (tool?.origin.type !== "mcp") return { ...use, type: "server_tool_use" };
  const { server, tool: name } = tool.origin;
  return { ...use, type: "mcp_tool_use", name, server_name: server };
}

export function toResultBlock(
  tool_use_id: string,
  tool: ServerTool | undefined,
  { content, isError }: Outcome,
): ContentBlock {
  const { origin } = tool ?? {};
  if (origin?.type === "mcp") {
    return { type: "mcp_tool_result", tool_use_id, is_error: isError, content };
  }
  // An error of these kinds is told by its content, as the Messages API has it.
  const type = origin?.result;
  const isTold = type !== undefined && type !== "server_tool_result" && !Array.isArray(content);
  if (isTold) return { type, tool_use_id, content };
  return { type: "server_tool_result", tool_use_id, is_error: isError, content };
}

/** The result of a call of which nobody can say what came of it. */
export function toUnknownResult({ id, type }: PendingCall): ContentBlock {
  const text = "The call was interrupted; its outcome is unknown.";
  return {
    type: type === "mcp_tool_use" ? "mcp_tool_result" : "server_tool_result",
    tool_use_id: id,
    is_error: true,
    content: [{ type: "text", text }],
  };
}

/** Blocks that come whole, the first of them with this index. */
export function toResultEvents(results: readonly ContentBlock[], index: number): StreamEvent[] {
  return results.flatMap((content_block, at): StreamEvent[] => [
    { type: "content_block_start", index: index + at, content_block },
    { type: "content_block_stop", index: index + at },
  ]);
}
