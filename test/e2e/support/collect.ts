// Reading what comes bit by bit: the body of a response, the output of a program.

import { createParser, type EventSourceMessage } from "eventsource-parser";

const MAX_WAIT_MS = 20_000;

export class Collected {
  /** What has come so far. */
  text = "";
  /** Resolves when nothing will follow: `broken` where that came without a proper end. */
  readonly ended: Promise<"complete" | "broken">;
  #wake = (): void => {};

  constructor(source: AsyncIterable<Uint8Array> | null) {
    this.ended = this.#read(source ?? emptyBody());
  }

  /** Resolves as soon as `holds` of what has come so far; rejects after 20 s, or at the end. */
  async until(holds: (text: string) => boolean): Promise<void> {
    const late = AbortSignal.timeout(MAX_WAIT_MS);
    late.addEventListener("abort", () => this.#wake());
    let isOver = false;
    this.ended.then(() => {
      isOver = true;
      this.#wake();
    });
    while (!holds(this.text)) {
      if (late.aborted || isOver) throw new Error(`not what was waited for: ${this.text}`);
      await new Promise<void>((wake) => (this.#wake = wake));
    }
  }

  async #read(source: AsyncIterable<Uint8Array>): Promise<"complete" | "broken"> {
    const decoder = new TextDecoder();
    try {
      for await (const bytes of source) {
        this.text += decoder.decode(bytes, { stream: true });
        this.#wake();
      }
      return "complete";
    } catch {
      return "broken";
    }
  }
}

async function* emptyBody(): AsyncGenerator<Uint8Array> {}

/** The whole events in a text of Server-Sent Events. */
export function toEvents(text: string): EventSourceMessage[] {
  const events: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (event) => events.push(event) });
  parser.feed(text);
  return events;
}

/** The text up to the end of the last whole event: a connection may break within one. */
export function wholeEvents(text: string): string {
  return text.slice(0, text.lastIndexOf("\n\n") + 2);
}
