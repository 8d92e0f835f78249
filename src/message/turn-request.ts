// What an upstream is asked in one turn: the caller's request, with what was said and found since as
// part of the conversation. Pure.

import type { ContentBlock } from "../protocol/event.ts";
import type { MessageRequest } from "../protocol/request.ts";
import type { Tool } from "../protocol/tool.ts";
import type { Turns } from "../protocol/turns.ts";
import { editsContext, type Route } from "../providers/route.ts";
import { isContainerTool } from "../tools/catalogue.ts";
import { expandHistory } from "../tools/history.ts";
import { toSkillTurn } from "../tools/skills/turn.ts";
import { type Natives, type Offer, type Toolbox, toOffer } from "../tools/toolbox.ts";
import { type AppliedEdit, applyContextEdits } from "./context-edits.ts";

/** Where a message stands when a turn begins. */
export interface Standing {
  asked: MessageRequest;
  toolbox: Toolbox;
  /** The blocks of the message so far. */
  content: readonly ContentBlock[];
  turns: Turns;
}

/** A turn's request, and what was taken out of its conversation here, where that was asked for. */
export interface TurnRequest extends Offer {
  edits?: AppliedEdit[];
}

export function toTurnRequest(
  { asked, toolbox, content, turns }: Standing,
  route: Route,
): TurnRequest {
  const natives = nativesOf(route);
  const said = content.slice(0, turns.from).filter((_, at) => !turns.abandoned.includes(at));
  const { skills } = toolbox;
  const isHere = (tool: Tool) => isContainerTool(tool) && !natives.knows(tool);
  const hasFiles = asked.tools?.some(isHere) ?? false;
  const told =
    skills && toSkillTurn(asked, skills, [...blocksOf(asked.messages), ...said], hasFiles);
  const offer = toOffer(asked, toolbox, natives, told);
  const answer = {
    role: "assistant",
    content: said,
  } as unknown as MessageRequest["messages"][number];
  const messages = said.length > 0 ? [...asked.messages, answer] : asked.messages;
  const request = {
    ...offer.request,
    messages: expandHistory(messages, toReading(offer, natives, route)),
  };
  const free = turns.ended > 0 ? freeChoice(request) : request;
  if (!asked.context_management?.edits?.length || editsContext(route)) {
    return { ...offer, request: free };
  }
  const { request: edited, applied_edits: edits } = applyContextEdits(free);
  return { ...offer, request: edited, edits };
}

export function blocksOf(messages: MessageRequest["messages"]): ContentBlock[] {
  return messages.flatMap(({ content }) =>
    typeof content === "string" ? [] : (content as ContentBlock[]),
  );
}

/** A forced call has been made by then: forced again, a model would never come to an end. */
function freeChoice({ tool_choice, ...request }: MessageRequest): MessageRequest {
  if (!tool_choice) return request;
  const isForced = tool_choice.type === "any" || tool_choice.type === "tool";
  if (!isForced) return { ...request, tool_choice };
  const { name: _, ...rest } = tool_choice;
  return { ...request, tool_choice: { ...rest, type: "auto" } };
}

/** Anthropic's own API runs what it names with a date; MCP only where the route says so. */
export function nativesOf({ provider, base_url, options }: Route): Natives {
  const isAnthropic = provider === "anthropic";
  const ownTools = isAnthropic && (options.native_tools ?? base_url === undefined) === true;
  return {
    mcp: isAnthropic && options.native_mcp === true,
    containers: ownTools,
    knows: ({ type }) => ownTools && typeof type === "string" && /_\d{8}$/.test(type),
  };
}

/** Who runs a tool names its calls: https://docs.claude.com/en/api/messages */
function isRunByAnthropic(call: string): boolean {
  return call.startsWith("srvtoolu_");
}

function toReading({ here }: Offer, { mcp }: Natives, { provider }: Route) {
  return {
    isNative({ type, id, tool_use_id }: ContentBlock): boolean {
      if (provider !== "anthropic" || type === "server_tool_result") return false;
      const name = String(id ?? tool_use_id);
      return isRunByAnthropic(name) || (mcp && name.startsWith("mcptoolu_"));
    },
    toName({ type, name, server_name }: ContentBlock): string {
      const isSame = ({ origin }: Offer["here"][number]) =>
        origin.type === "mcp" && origin.server === server_name && origin.tool === name;
      const tool = type === "mcp_tool_use" ? here.find(isSame) : undefined;
      return tool?.name ?? String(name);
    },
  };
}
