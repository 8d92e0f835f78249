// The events as they are in the log, one a line: made when they are asked for.

import type { Observed } from "../client/event.ts";
import { make } from "./elements.ts";

export class RawView {
  readonly element = make("details", "raw");
  readonly #lines = document.createTextNode("");
  readonly #events: Observed[] = [];
  #shown = 0;

  constructor() {
    const lines = make("pre", "code", this.#lines);
    lines.tabIndex = 0;
    this.element.append(make("summary", "", "Raw events"), lines);
    this.element.addEventListener("toggle", () => this.flush());
  }

  add(observed: Observed): void {
    this.#events.push(observed);
  }

  flush(): void {
    if (!this.element.open) return;
    const lines = this.#events.slice(this.#shown).map(({ id, event }) => {
      return `${id}\t${JSON.stringify(event)}\n`;
    });
    this.#lines.appendData(lines.join(""));
    this.#shown = this.#events.length;
  }
}
