// One message on the page: what was asked, where it stands, its blocks, its times, its events. Knows
// what to show, not where it comes from.

import type { MessageStatus } from "../client/client.ts";
import type { Observed, ObservedEvent } from "../client/event.ts";
import type { ContentBlock, Delta } from "../protocol/event.ts";
import type { Status } from "../protocol/state.ts";
import { BlockView } from "./block-view.ts";
import { find, make } from "./elements.ts";
import { RawView } from "./raw-view.ts";
import { type Kind, type Moment, toSeconds } from "./timeline.ts";
import { TimelineView } from "./timeline-view.ts";

/** The timeline is drawn anew so often at most. */
const REDRAW_MS = 250;
/** So near to the end of the page, whoever reads wants to stay there. In pixels. */
const NEAR_END = 80;

export interface Asked {
  prompt?: string | undefined;
  /** What can be done with the message. */
  actions: HTMLElement[];
}

export class MessageView {
  readonly #state = make("span", "state", "…");
  readonly #line = make("span", "line muted");
  readonly #facts = make("p", "facts muted");
  readonly #fault = make("p", "fault");
  readonly #blocks = make("article", "blocks");
  readonly #byIndex: BlockView[] = [];
  readonly #timeline = new TimelineView();
  readonly #raw = new RawView();
  readonly #moments: Moment[] = [];
  #status: Status = "pending";
  #isDrawing = false;
  #drawnAt = 0;

  constructor({ prompt, actions }: Asked) {
    const standing = make(
      "div",
      "standing",
      this.#state,
      this.#line,
      make("span", "actions", ...actions),
    );
    this.#blocks.setAttribute("aria-label", "Answer");
    const asked = prompt === undefined ? [] : [make("p", "asked", prompt)];
    find("message").replaceChildren(
      ...asked,
      standing,
      this.#facts,
      this.#timeline.element,
      this.#blocks,
      this.#fault,
      this.#raw.element,
    );
    this.#show("pending");
  }

  get status(): Status {
    return this.#status;
  }

  get isOver(): boolean {
    return this.#status !== "pending" && this.#status !== "processing";
  }

  /** `at` is when it came, in ms; undefined where nobody saw that. */
  add(observed: Observed, at: number | undefined): void {
    const kind = this.#apply(observed.event);
    this.#moments.push({ kind, at });
    this.#raw.add(observed);
    this.#drawSoon();
  }

  /** Where the line to the service stands, in words. */
  tellLine(words: string): void {
    this.#line.textContent = words;
  }

  /** What is known of it beside its events: where it stands is read off these. */
  tellFacts({ message_id, completed_at, metadata }: MessageStatus): void {
    const { model, usage, ttft_ms, duration_ms } = metadata as Record<string, unknown>;
    const { input_tokens = 0, output_tokens = 0 } = (usage ?? {}) as Record<string, unknown>;
    const isOver = completed_at !== null;
    const facts = [
      model,
      isOver && `${input_tokens} tokens in, ${output_tokens} out`,
      typeof ttft_ms === "number" && `first word after ${toSeconds(ttft_ms)}`,
      isOver && typeof duration_ms === "number" && `took ${toSeconds(duration_ms)}`,
      message_id,
    ];
    this.#facts.textContent = facts.filter(Boolean).join(" · ");
  }

  /** What it means for the message; and what it is in the timeline. */
  #apply(event: ObservedEvent): Kind {
    switch (event.type) {
      case "message_start":
        this.#show("processing");
        return "other";
      case "content_block_start": {
        const block = new BlockView(event.content_block as unknown as ContentBlock);
        this.#byIndex[event.index] = block;
        this.#blocks.append(block.element);
        return "other";
      }
      case "content_block_delta": {
        const block = this.#byIndex[event.index];
        block?.add(event.delta as Delta);
        return block?.kind ?? "other";
      }
      case "content_block_stop": {
        const block = this.#byIndex[event.index];
        block?.close();
        if (block) announce(block.text);
        return "other";
      }
      case "message_delta":
        if (event.delta.stop_reason) this.#state.title = `stop_reason: ${event.delta.stop_reason}`;
        if (`${event.delta.stop_reason}` === "cancelled") this.#status = "cancelled";
        return "other";
      case "message_stop":
        this.#show(this.#status === "cancelled" ? "cancelled" : "completed");
        return "other";
      case "error":
        this.#fault.textContent = event.error.message;
        this.#show("error");
        return "other";
      case "recovery": {
        const words = "The service lost the run here, and took it up again.";
        this.#blocks.append(make("p", "seam muted", words));
        return "other";
      }
      default:
        return "other"; // newer than this page
    }
  }

  #show(status: Status): void {
    const isNews = status !== this.#status;
    this.#status = status;
    this.#state.textContent = status;
    this.#state.dataset.status = status;
    find("message").dataset.status = status;
    this.#blocks.setAttribute("aria-busy", `${!this.isOver}`);
    if (isNews) announce(`The message is ${status}.`);
  }

  /** Once for all that comes until the next frame. */
  #drawSoon(): void {
    if (this.#isDrawing) return;
    this.#isDrawing = true;
    requestAnimationFrame(() => {
      this.#isDrawing = false;
      this.#draw();
    });
  }

  #draw(): void {
    const { scrollHeight } = document.documentElement;
    const isAtEnd = scrollY > 0 && innerHeight + scrollY > scrollHeight - NEAR_END;
    for (const block of this.#byIndex) block?.flush();
    this.#raw.flush();
    const now = performance.now();
    if (this.isOver || now - this.#drawnAt > REDRAW_MS) {
      this.#timeline.show(this.#moments);
      this.#drawnAt = now;
    }
    if (isAtEnd && !this.isOver) scrollTo({ top: document.documentElement.scrollHeight });
  }
}

/** To those who listen rather than look. */
export function announce(words: string): void {
  if (words.trim() === "") return;
  find("announcements").append(make("p", "", words));
}
