// How a run that was lost goes on: decided on what the log holds and what the caller wants. Pure.

import type { ContentBlock, Message, OutgoingEvent } from "../protocol/event.ts";
import { type Progress, usageSoFar } from "../protocol/progress.ts";
import type { MessageRequest } from "../protocol/request.ts";
import type { Route } from "../providers/route.ts";
import { createSequel } from "./sequel.ts";

export type OnInterrupt = NonNullable<MessageRequest["on_interrupt"]>;

export type Recovery =
  /** Nothing was shown: the turn starts again, and nobody can tell. */
  | { mode: "again" }
  /** The upstream had said how the message ends; only its very last event is missing. */
  | { mode: "finish" }
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
  switch (onInterrupt) {
    case "fail":
      return { mode: "give_up" };
    case "restart":
      return { mode: "restart" };
    case "continue": {
      const text = continuable ? textSoFar(message.content) : undefined;
      return text === undefined ? { mode: "give_up" } : { mode: "continue", text };
    }
  }
}

/** Whether the far side of a route answers a conversation that ends with a partial answer by going on. */
export function canContinue({ options }: Route): boolean {
  return options.continues === "prefill";
}

/** What a run does differently because of one before it. */
export interface Resumption {
  toRequest(asked: MessageRequest): MessageRequest;
  allows(route: Route): boolean;
  rewrite(events: OutgoingEvent[]): OutgoingEvent[];
}

/** A run without one before it. */
export const FRESH: Resumption = {
  toRequest: (asked) => asked,
  allows: () => true,
  rewrite: (events) => events,
};

/** How to follow a log that stands at `progress`. */
export function createResumption(recovery: Recovery, progress: Progress): Resumption {
  switch (recovery.mode) {
    case "again":
    case "finish":
    case "give_up":
      return FRESH;
    case "restart":
      return { ...FRESH, rewrite: createSequel(progress) };
    case "continue": {
      const { text } = recovery;
      const tokens = usageSoFar(progress).output_tokens;
      return {
        toRequest: (asked) => withPrefill(asked, text, tokens),
        allows: canContinue,
        rewrite: createSequel(progress, text),
      };
    }
  }
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
