// One turn's events on their way into the log: calls of our tools marked as such, blocks numbered on,
// tokens added up, and the end held back where more is to follow. Pure but for what it gathers.

import {
  type ContentBlock,
  type OutgoingEvent,
  type StreamEvent,
  toOutgoing,
} from "../protocol/event.ts";
import type { Progress } from "../protocol/progress.ts";
import { toCallBlock } from "../tools/blocks.ts";
import type { Call } from "../tools/calls.ts";
import type { ContainerTold } from "../tools/container/container.ts";
import type { Offer } from "../tools/toolbox.ts";
import type { AppliedEdit } from "./context-edits.ts";
import { createSequel } from "./sequel.ts";

/** An answer that ends so is whole. */
const ANSWERED = new Set(["end_turn", "stop_sequence"]);
/** And so are the calls of one that ends so. */
const WHOLE = new Set([...ANSWERED, "tool_use"]);

export interface TurnOptions {
  /** Where the log stands. */
  progress: Progress;
  offer: Pick<Offer, "here" | "elsewhere">;
  /** Ids of the calls before it. */
  taken: ReadonlySet<string>;
  /** The text that the turn goes on from. */
  prefill?: string | undefined;
  /** Judges the text of an answer before its end is told. Throws what the message then ends with. */
  judge?: ((text: string) => void) | undefined;
  /** What was taken out of the conversation here, where that was asked for. */
  edits?: readonly AppliedEdit[] | undefined;
  /** That in which tools have worked. */
  container?: () => ContainerTold | undefined;
}

export class Turn {
  /** Calls of tools that run here, or nowhere. */
  readonly calls: Call[] = [];
  readonly #options: TurnOptions;
  readonly #follow: (events: OutgoingEvent[]) => OutgoingEvent[];
  readonly #byIndex = new Map<number, Call>();
  readonly #taken: Set<string>;
  /** What was said, where somebody is to judge it. */
  #text: string;
  #isHeldBack = false;
  #hasEnded = false;

  constructor(options: TurnOptions) {
    this.#options = options;
    this.#taken = new Set(options.taken);
    this.#text = options.prefill?.trimEnd() ?? "";
    const { progress, prefill } = options;
    this.#follow = progress.started ? createSequel(progress, prefill) : (events) => events;
  }

  /** True once the upstream has said all of a turn after which calls are to be run. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** One after the other: where the judge throws, what came before it has come. */
  *rewrite(events: readonly OutgoingEvent[]): Generator<OutgoingEvent> {
    for (const event of events) yield* this.#follow(this.#own(event));
  }

  #own(outgoing: OutgoingEvent): OutgoingEvent[] {
    const { event } = outgoing;
    switch (event.type) {
      case "content_block_start":
        return [this.#begin(event) ?? outgoing];
      case "content_block_delta":
        this.#gather(event);
        return [outgoing];
      case "message_delta":
        return [this.#end(event) ?? outgoing];
      case "message_stop":
        this.#hasEnded = this.#isHeldBack;
        return this.#isHeldBack ? [] : [outgoing];
      default:
        return [outgoing];
    }
  }

  #begin(event: Extract<StreamEvent, { type: "content_block_start" }>): OutgoingEvent | undefined {
    const { content_block: use, index } = event;
    const { here, elsewhere } = this.#options.offer;
    // Where no tool runs here, a name that was made up is for the caller to answer, as ever.
    if (use?.type !== "tool_use" || here.length === 0) return undefined;
    const name = String(use.name);
    if (elsewhere.has(name)) return undefined;
    const tool = here.find((one) => one.name === name);
    const id = this.#toId(use);
    // Its input follows in pieces, but for upstreams that give it at once.
    const isGiven = Object.keys((use.input as object | undefined) ?? {}).length > 0;
    const call = { id, name, tool, input: isGiven ? JSON.stringify(use.input) : "" };
    this.calls.push(call);
    if (!isGiven) this.#byIndex.set(index, call);
    return toOutgoing({ ...event, content_block: toCallBlock({ ...use, id }, tool) });
  }

  /** Some upstreams count their calls from one in each turn. */
  #toId({ id: given }: ContentBlock): string {
    let id = String(given);
    for (let count = 2; this.#taken.has(id); count += 1) id = `${given}_${count}`;
    this.#taken.add(id);
    return id;
  }

  #gather({ index, delta }: Extract<StreamEvent, { type: "content_block_delta" }>): void {
    if (delta?.type === "text_delta") {
      if (this.#options.judge) this.#text += delta.text;
    } else if (delta?.type === "input_json_delta") {
      const call = this.#byIndex.get(index);
      if (call) call.input += delta.partial_json;
    }
  }

  #end(event: Extract<StreamEvent, { type: "message_delta" }>): OutgoingEvent | undefined {
    const { stop_reason } = event.delta ?? {};
    if (stop_reason == null) return undefined;
    const { edits, judge } = this.#options;
    const told = edits && { context_management: { applied_edits: edits } };
    if (this.calls.length > 0 && WHOLE.has(stop_reason)) {
      this.#isHeldBack = true;
      const delta = { ...event.delta, stop_reason: null, stop_sequence: null };
      return toOutgoing({ ...event, ...told, delta });
    }
    if (ANSWERED.has(stop_reason)) judge?.(this.#text);
    const container = this.#options.container?.();
    if (!told && !container) return undefined;
    const delta = { ...event.delta, ...(container && { container }) };
    return toOutgoing({ ...event, ...told, delta });
  }
}
