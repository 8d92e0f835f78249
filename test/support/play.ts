// Messages that the emulated upstream answers by a script: what it says, when, and what it saw.

import { inject } from "vitest";
import { start, uniqueId } from "./client.ts";
import {
  type Answer,
  aborted,
  createScript,
  openGate,
  requested,
  type Seen,
  type Step,
  seen,
  toPrompt,
} from "./script.ts";

const emulator = inject("emulator");

/**
 * An upstream that has nothing to say and is not silent either, for longer than any test waits for it
 * to be left: nothing but an abort ends this.
 */
export const LINGER: Step[] = Array.from({ length: 25 }, (): Step[] => [
  { send: ": still here\n\n" },
  { wait: 500 },
]).flat();

/** A started message, and the hands on its upstream. */
export interface Playing {
  id: string;
  /** The request that started it. */
  body: { model: string; messages: { role: string; content: string }[] };
  open(gate: string): Promise<void>;
  /** Resolves when so many requests have arrived upstream. */
  requested(count?: number): Promise<Seen>;
  /** Resolves when the request upstream was left early. */
  aborted(): Promise<void>;
  /** How many requests have arrived upstream. */
  requests(): Promise<number>;
}

/** Starts a message whose first request gets `first`, and so on. */
export async function play(
  first: Answer | Step[],
  ...later: (Answer | Step[])[]
): Promise<Playing> {
  const playing = prepare(first, ...later);
  const { code, body } = await start(playing.body, { id: playing.id });
  if (code !== 200) throw new Error(JSON.stringify(body));
  return playing;
}

/** The same, not started yet. */
export function prepare(first: Answer | Step[], ...later: (Answer | Step[])[]): Playing {
  const script = createScript(first, ...later);
  return {
    id: uniqueId(),
    body: { model: "script-anthropic", messages: [{ role: "user", content: toPrompt(script) }] },
    open: (gate) => openGate(emulator, script.id, gate),
    requested: (count) => requested(emulator, script.id, count),
    aborted: async () => void (await aborted(emulator, script.id)),
    requests: async () => (await seen(emulator, script.id)).requests.length,
  };
}
