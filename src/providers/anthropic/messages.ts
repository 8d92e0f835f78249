// A conversation as an Anthropic-compatible server takes it: it refuses some blocks that it or
// others have made themselves. Pure.

import type { MessageRequest } from "../../protocol/request.ts";

type Messages = MessageRequest["messages"];
type Block = Exclude<Messages[number]["content"], string>[number];

/** Without thinking that nobody has signed, which is what others' reasoning is, and without blank text. */
export function toAnthropicMessages(messages: Messages): Messages {
  return messages.flatMap((message) => {
    const { role, content } = message;
    if (typeof content === "string" || content.every(isTaken)) return [message];
    const taken = content.filter(isTaken);
    if (taken.length > 0) return [{ ...message, content: taken }];
    // What the user said stays, so that whoever refuses it says why.
    return role === "user" ? [message] : [];
  });
}

/** Whether some of the thinking in `messages` is not sent. */
export function hasUnsigned(messages: Messages): boolean {
  return messages.some(({ content }) => typeof content !== "string" && content.some(isUnsigned));
}

function isTaken(block: Block): boolean {
  return !isUnsigned(block) && !(block.type === "text" && String(block.text).trim() === "");
}

function isUnsigned(block: Block): boolean {
  return block.type === "thinking" && !block.signature;
}
