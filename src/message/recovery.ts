// How a run that was lost goes on: decided on what the log holds and what the caller wants. Pure.

import type { ContentBlock, Message } from "../protocol/event.ts";
import type { Progress } from "../protocol/progress.ts";
import type { MessageRequest } from "../protocol/request.ts";
import { isBetween } from "../protocol/turns.ts";
import type { Route } from "../providers/route.ts";

export type OnInterrupt = NonNullable<MessageRequest["on_interrupt"]>;

export type Recovery =
  /** Nothing was shown: the turn starts again, and nobody can tell. */
  | { mode: "again" }
  /** The upstream had said how the message ends; only its very last event is missing. */
  | { mode: "finish" }
  /** No turn was under way: the next step is what the log says. */
  | { mode: "proceed" }
  /** The turn starts again after what was shown. */
  | { mode: "restart" }
  /** The upstream is handed what was shown, to go on from there. */
  | { mode: "continue"; text: string }
  | { mode: "give_up" };

/** What is known of a lost run. */
export interface Loss {
  progress: Progress;
  /** What was shown. */
  message: Message;
  onInterrupt: OnInterrupt;
  /** Whether a route of the model can go on from a partial answer. */
  continuable: boolean;
}

export function planRecovery({ progress, message, onInterrupt, continuable }: Loss): Recovery {
  if (!progress.started) return { mode: "again" };
  if (progress.concluded) return { mode: "finish" };
  if (onInterrupt === "fail") return { mode: "give_up" };
  const { turns, nextIndex } = progress;
  if (isBetween(turns, nextIndex)) return { mode: "proceed" };
  switch (onInterrupt) {
    case "restart":
      return { mode: "restart" };
    case "continue": {
      const text = continuable ? textSoFar(message.content.slice(turns.from)) : undefined;
      return text === undefined ? { mode: "give_up" } : { mode: "continue", text };
    }
  }
}

/** Whether the far side of a route answers a conversation that ends with a partial answer by going on. */
export function canContinue({ options }: Route): boolean {
  return options.continues === "prefill";
}

/**
 * `request` with what was said, in about `tokens`, as its last message. Upstreams refuse one that
 * ends in white space, and count `max_tokens` from where they go on.
 */
export function withPrefill(request: MessageRequest, text: string, tokens: number): MessageRequest {
  const said = text.trimEnd();
  if (said === "") return request;
  const partial: MessageRequest["messages"][number] = { role: "assistant", content: said };
  const { max_tokens } = request;
  return {
    ...request,
    messages: [...request.messages, partial],
    ...(max_tokens !== undefined && { max_tokens: Math.max(1, max_tokens - tokens) }),
  };
}

/** The text of an answer that is nothing but thought and text; a call cannot be gone on with. */
function textSoFar(content: readonly ContentBlock[]): string | undefined {
  const plain = content.every(({ type }) => type === "text" || type.endsWith("thinking"));
  if (!plain) return undefined;
  return content.map(({ text }) => (typeof text === "string" ? text : "")).join("");
}
