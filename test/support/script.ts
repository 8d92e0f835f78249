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
  /** Sends text; the empty text sends just the headers. */
  | { send: string }
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
