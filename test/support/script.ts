// What the emulated upstream (node/emulator.ts) shall do, as a test says it: the script travels as
// the text of the last user message, and the test steers and asks over the control addresses.
// Runs anywhere that has fetch.

declare module "vitest" {
  interface ProvidedContext {
    /** Addresses of the upstreams that node/setup.ts starts, without a slash at the end. */
    aimock: string;
    emulator: string;
  }
}

export type Step =
  /** Sends text, `times` over in as many writes; the empty text sends just the headers. */
  | { send: string; times?: number }
  /** Sends bytes, in base64. */
  | { bytes: string }
  /** Waits, in ms; 5,000 at most. Prefer a gate. */
  | { wait: number }
  /** Waits until `openGate`, or until the caller has left; 30 s at most. */
  | { gate: string }
  /** Breaks the connection. */
  | { cut: true }
  /** Ends the answer, as does the end of the steps. */
  | { end: true };

export interface Answer {
  steps: Step[];
  /** 200 unless said. */
  status?: number;
  /** `content-type` is an event stream where the status is 200, and JSON otherwise, unless said. */
  headers?: Record<string, string>;
}

export interface Script extends Answer {
  /** Unique: what a test is told about is the requests that carried it. */
  id: string;
  /** What a second, a third request with this id gets; the last one repeats. */
  later?: Answer[];
}

/** A script under an id of its own: `answers[0]` for the first request, and so on. */
export function createScript(first: Answer | Step[], ...later: (Answer | Step[])[]): Script {
  const [answer, ...rest] = [first, ...later].map((one) =>
    Array.isArray(one) ? { steps: one } : one,
  );
  return { id: crypto.randomUUID(), ...(answer as Answer), later: rest };
}

/** The user message that carries a script. */
export function toPrompt(script: Script): string {
  return JSON.stringify(script);
}

/** What the emulator saw of one request. */
export interface SeenRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: Record<string, unknown>;
  /** The caller left before the answer had ended. */
  aborted: boolean;
}

export interface Seen {
  requests: SeenRequest[];
}

export async function seen(emulator: string, id: string): Promise<Seen> {
  return (await control(`${emulator}/control/${id}`)).json();
}

/** Lets the script go on past `{gate: name}`, now or when it gets there. */
export async function openGate(emulator: string, id: string, name: string): Promise<void> {
  await control(`${emulator}/control/${id}/open/${name}`, { method: "POST" });
}

/** Resolves when `count` requests of this script have arrived; rejects after 10 s. */
export async function requested(emulator: string, id: string, count = 1): Promise<Seen> {
  return (await control(`${emulator}/control/${id}/requested?count=${count}`)).json();
}

/** Resolves when the callers of `count` requests have left early; rejects after 10 s. */
export async function aborted(emulator: string, id: string, count = 1): Promise<Seen> {
  return (await control(`${emulator}/control/${id}/aborted?count=${count}`)).json();
}

async function control(url: string, init?: RequestInit): Promise<Response> {
  const response = await fetch(url, init);
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return response;
}

// What an upstream says, in both dialects. Pieces of an answer may be steps themselves, where a test
// wants to hold or break it.

/** Steps that only send, as one write: they arrive together. */
export function atOnce(steps: readonly Step[]): Step[] {
  return [{ send: steps.map((step) => ("send" in step ? step.send : "")).join("") }];
}

type Usage = Record<string, unknown>;

export interface Ending {
  model?: string;
  /** In the dialect's own words: `stop_reason`, or `finish_reason`. */
  reason?: string;
  usage?: Usage;
}

/** One event of the Messages API. */
export function anthropicEvent(event: { type: string; [key: string]: unknown }): Step {
  return { send: `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n` };
}

export function anthropicStart({ model = "emulated", usage }: Ending = {}): Step {
  const message = {
    id: "msg_upstream",
    type: "message",
    role: "assistant",
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: usage ?? { input_tokens: 7, output_tokens: 1 },
  };
  return anthropicEvent({ type: "message_start", message });
}

export function anthropicEnd(reason = "end_turn", usage: Usage = { output_tokens: 5 }): Step[] {
  const delta = { stop_reason: reason, stop_sequence: null };
  return [
    anthropicEvent({ type: "message_delta", delta, usage }),
    anthropicEvent({ type: "message_stop" }),
  ];
}

/** One block: its start, a delta for each piece, its stop. */
export function anthropicBlock(
  index: number,
  content_block: { type: string; [key: string]: unknown },
  deltas: ({ type: string; [key: string]: unknown } | Step)[],
): Step[] {
  return [
    anthropicEvent({ type: "content_block_start", index, content_block }),
    ...deltas.map((delta) =>
      "type" in delta ? anthropicEvent({ type: "content_block_delta", index, delta }) : delta,
    ),
    anthropicEvent({ type: "content_block_stop", index }),
  ];
}

/** A whole answer of one text block. */
export function anthropicText(pieces: (string | Step)[], ending: Ending = {}): Step[] {
  const deltas = pieces.map((piece) =>
    typeof piece === "string" ? { type: "text_delta", text: piece } : piece,
  );
  return [
    anthropicStart(ending),
    ...anthropicBlock(0, { type: "text", text: "" }, deltas),
    ...anthropicEnd(ending.reason, ending.usage),
  ];
}

/** A whole answer that calls one tool, its input in two pieces. */
export function anthropicToolUse(name: string, input: unknown, id = "toolu_1"): Step[] {
  const json = JSON.stringify(input);
  const halves = [json.slice(0, json.length / 2), json.slice(json.length / 2)];
  const deltas = halves.map((partial_json) => ({ type: "input_json_delta", partial_json }));
  return [
    anthropicStart(),
    ...anthropicBlock(0, { type: "tool_use", id, name, input: {} }, deltas),
    ...anthropicEnd("tool_use"),
  ];
}

/** One chunk of Chat Completions; `choice` may be left out, as in the chunk that has the usage. */
export function openaiChunk(choice?: Record<string, unknown>, rest: Ending = {}): Step {
  const chunk = {
    id: "chatcmpl-upstream",
    object: "chat.completion.chunk",
    created: 1_790_000_000,
    model: rest.model ?? "emulated",
    choices: choice ? [{ index: 0, finish_reason: null, ...choice }] : [],
    ...(rest.usage && { usage: rest.usage }),
  };
  return { send: `data: ${JSON.stringify(chunk)}\n\n` };
}

export function openaiDelta(delta: Record<string, unknown>): Step {
  return openaiChunk({ delta });
}

export function openaiEnd({ reason = "stop", usage, model }: Ending = {}): Step[] {
  const counted = usage ?? { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 };
  return [
    openaiChunk({ delta: {}, finish_reason: reason }),
    openaiChunk(undefined, { usage: counted, ...(model !== undefined && { model }) }),
    { send: "data: [DONE]\n\n" },
  ];
}

/** A whole answer of text. */
export function openaiText(pieces: (string | Step)[], ending: Ending = {}): Step[] {
  return [
    openaiDelta({ role: "assistant", content: "" }),
    ...pieces.map((piece) => (typeof piece === "string" ? openaiDelta({ content: piece }) : piece)),
    ...openaiEnd(ending),
  ];
}

/** A whole answer that calls one tool, its arguments in two pieces. */
export function openaiToolCall(name: string, input: unknown, id = "call_1"): Step[] {
  const json = JSON.stringify(input);
  const [first, second] = [json.slice(0, json.length / 2), json.slice(json.length / 2)];
  const call = { index: 0, id, type: "function", function: { name, arguments: first } };
  return [
    openaiDelta({ role: "assistant", content: null, tool_calls: [call] }),
    openaiDelta({ tool_calls: [{ index: 0, function: { arguments: second } }] }),
    ...openaiEnd({ reason: "tool_calls" }),
  ];
}
