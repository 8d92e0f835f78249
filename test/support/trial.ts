// A recorder on a clock of a test's own, and the rows that it makes of what is said to it.

import { expect, vi } from "vitest";
import { Recorder } from "../../src/message/recorder.ts";
import type { LoggedEvent } from "../../src/protocol/event.ts";
import { Speaker, spell } from "./alphabet.ts";

export const FLOOR_MS = 20;

/** A recorder, what is said to it, and the rows that it writes to a disk that takes its time. */
export class Trial {
  readonly rows: { at: number; events: LoggedEvent[] }[] = [];
  readonly recorder: Recorder;
  latencyMs: number;
  mostInFlight = 0;
  readonly #speaker = new Speaker();
  #inFlight = 0;

  constructor({ latencyMs = 1, floorMs = FLOOR_MS, seq = 0 } = {}) {
    this.latencyMs = latencyMs;
    const writing = {
      commit: (events: LoggedEvent[]) => void this.rows.push({ at: Date.now(), events }),
      confirmed: () => this.#confirmed(),
      now: () => Date.now(),
    };
    this.recorder = new Recorder(writing, () => floorMs, seq);
  }

  async #confirmed(): Promise<void> {
    this.#inFlight += 1;
    this.mostInFlight = Math.max(this.mostInFlight, this.#inFlight);
    await new Promise<void>((resolve) => setTimeout(resolve, this.latencyMs));
    this.#inFlight -= 1;
  }

  record(word: string, text?: string): Promise<void> | undefined {
    return this.recorder.record(this.#speaker.say(word, text));
  }

  seal(ending: string): LoggedEvent[] {
    return this.recorder.seal(this.#speaker.say(ending));
  }

  get written(): LoggedEvent[] {
    return this.rows.flatMap(({ events }) => events);
  }

  get spelt(): string[] {
    return this.rows.map(({ at, events }) => `${at} ${spell(events)}`);
  }

  /** The time between the last full two writes, in ms. */
  get pace(): number {
    const [before = 0, last = 0] = this.rows.slice(-3, -1).map(({ at }) => at);
    return last - before;
  }
}

/** What becomes of a timeline: words by the time they arrive at, in ms. */
export async function play(latencyMs: number, timeline: Record<number, string>): Promise<Trial> {
  const trial = new Trial({ latencyMs });
  for (const [at, word] of Object.entries(timeline)) {
    await vi.advanceTimersByTimeAsync(Number(at) - Date.now());
    trial.record(word);
  }
  await vi.runAllTimersAsync();
  expect(trial.mostInFlight).toBe(1);
  return trial;
}
