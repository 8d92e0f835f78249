// The seam between a run and whoever answers it. A provider knows one vendor's dialect; it knows
// nothing of logs, observers or retries.

import type { OutgoingEvent } from "../protocol/event.ts";
import type { MessageRequest } from "../protocol/request.ts";
import type { Route } from "./route.ts";

/** What is asked, and of whom. */
export interface Question {
  request: MessageRequest;
  route: Route;
  /** The secret that `route.key` names; absent where the route names none. */
  key?: string;
}

/** One turn to be answered. */
export interface Call extends Question {
  /** Becomes `message_start.message.id`. */
  messageId: string;
}

/** As the Messages API tells it. */
export interface TokenCount {
  input_tokens: number;
  /** Where edits of the context were applied before counting. */
  context_management?: { original_input_tokens: number };
}

export interface Provider {
  /**
   * Asks upstream and yields its answer as events of the Messages API, one array for each piece
   * that arrived: an empty one still tells that the far side is alive. Ends after `message_stop`.
   *
   * Throws `UpstreamFailure` for everything the far side can do wrong, before the first event or
   * in the middle. When `signal` aborts, the request upstream is aborted and the iteration throws
   * or ends soon; the caller knows why.
   */
  stream(call: Call, signal: AbortSignal): AsyncIterable<OutgoingEvent[]>;

  /**
   * How many tokens the input has, as the far side counts them; undefined where the far side of this
   * route cannot be asked. Fails as `stream` does.
   */
  countTokens?(question: Question, signal: AbortSignal): Promise<TokenCount | undefined>;

  /** Names of the fields set in `request` that this dialect cannot carry upstream. Pure. */
  ignoredFields(request: MessageRequest, route: Route): string[];
}
