// The streaming events of the Messages API, as far as we read them. What we do not read is kept
// as it came: that API grows faster than we do.

/** Token counts as the Messages API reports them; vendors add keys of their own. */
export interface Usage {
  input_tokens: number;
  output_tokens: number;
  [key: string]: unknown;
}

export interface ContentBlock {
  type: string;
  [key: string]: unknown;
}

/** A whole or partial answer, as the synchronous endpoint returns it. */
export interface Message {
  id: string;
  type: "message";
  role: "assistant";
  model: string;
  content: ContentBlock[];
  stop_reason: string | null;
  stop_sequence: string | null;
  usage: Usage;
  [key: string]: unknown;
}

export type Delta =
  | { type: "text_delta"; text: string }
  | { type: "thinking_delta"; thinking: string }
  | { type: "signature_delta"; signature: string }
  | { type: "input_json_delta"; partial_json: string }
  | { type: "citations_delta"; citation: unknown }
  /** Its block's whole content; null where there is none. */
  | { type: "compaction_delta"; content: string | null; encrypted_content?: unknown };

export interface StreamError {
  type: string;
  message: string;
}

export type StreamEvent =
  | { type: "message_start"; message: Message }
  | { type: "content_block_start"; index: number; content_block: ContentBlock }
  | { type: "content_block_delta"; index: number; delta: Delta }
  | { type: "content_block_stop"; index: number }
  | {
      type: "message_delta";
      delta: { stop_reason: string | null; stop_sequence: string | null; [key: string]: unknown };
      usage: Partial<Usage>;
    }
  | { type: "message_stop" }
  | { type: "error"; error: StreamError; request_id?: string }
  /** Ours: a run was lost after event `after` and goes on here. */
  | { type: "recovery"; mode: "continue" | "restart"; after: number; attempt: number };

/** One event on its way to the log. `data` is the text every observer will get: one line of JSON. */
export interface OutgoingEvent {
  event: StreamEvent;
  data: string;
}

/** One event of the log. `seq` is its place: 1, 2, 3, without gaps. */
export interface LoggedEvent {
  seq: number;
  type: string;
  data: string;
}

/** An event that we made ourselves, with the text it will be shown as. */
export function toOutgoing(event: StreamEvent): OutgoingEvent {
  return { event, data: JSON.stringify(event) };
}
