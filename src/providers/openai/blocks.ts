// Content blocks in the order of the Messages API: one after the other, each begun once and ended
// once, as clients of that API take for granted (the official SDK hands deltas to whatever block is
// the last). Chat completions know no blocks, and the arguments of parallel calls may arrive mixed.

import { createJsonBalance } from "../../lib/json-balance.ts";
import type { ContentBlock, Delta, StreamEvent } from "../../protocol/event.ts";

/** A tool call's block. What becomes known after it was shown comes too late. */
export interface ToolBlock {
  identify(known: { id?: string; name?: string }): void;
  /** More of the JSON text of its input; ignored before it begins and when it is complete. */
  input(json: string): void;
  readonly complete: boolean;
}

export interface Blocks {
  text(text: string): void;
  thinking(thinking: string): void;
  tool(id: string): ToolBlock;
  /** Shows and ends all there is. */
  end(): void;
}

interface Block {
  content: ContentBlock;
  /** Whether it can be shown: a tool call cannot before its name is whole. */
  ready(): boolean;
  shown: boolean;
  /** Deltas that came before it was shown. */
  held: Delta[];
  /** Whether the next block may begin: text always makes room, a tool call when its input is whole. */
  finished(): boolean;
}

export function createBlocks(emit: (event: StreamEvent) => void): Blocks {
  /** Begun by the upstream and not ended by us. The first one is shown, the others wait their turn. */
  const waiting: Block[] = [];
  let index = 0;

  function show(block: Block): void {
    block.shown = true;
    emit({ type: "content_block_start", index, content_block: block.content });
    for (const delta of block.held) emit({ type: "content_block_delta", index, delta });
    block.held = [];
  }

  function stop(): void {
    waiting.shift();
    emit({ type: "content_block_stop", index });
    index += 1;
  }

  function settle(): void {
    for (let [first, next] = waiting; first; [first, next] = waiting) {
      if (!first.shown) {
        if (!first.ready()) return;
        show(first);
      }
      if (!next || !first.finished()) return;
      stop();
    }
  }

  function append(block: Block, delta: Delta): void {
    if (block.shown) emit({ type: "content_block_delta", index, delta });
    else block.held.push(delta);
  }

  /** The last block if it is of the type of `content`, else a new one. */
  function lastOr(content: ContentBlock): Block {
    const last = waiting.at(-1);
    if (last?.content.type === content.type) return last;
    const always = () => true;
    const block = { content, ready: always, shown: false, held: [], finished: always };
    waiting.push(block);
    settle();
    return block;
  }

  return {
    text(text) {
      append(lastOr({ type: "text", text: "" }), { type: "text_delta", text });
    },
    thinking(thinking) {
      // The signature stays empty: only Anthropic can sign, and an invented one would be refused.
      const block = lastOr({ type: "thinking", thinking: "", signature: "" });
      append(block, { type: "thinking_delta", thinking });
    },
    tool(id) {
      const balance = createJsonBalance();
      let begun = false;
      const content = { type: "tool_use", id, name: "", input: {} };
      const finished = () => balance.complete;
      // Names come in pieces too: one is whole when something else has come.
      const ready = () => content.name !== "" && (begun || waiting.at(-1) !== block);
      const block: Block = { content, ready, shown: false, held: [], finished };
      waiting.push(block);
      settle();
      return {
        identify(known) {
          if (block.shown) return;
          Object.assign(content, known);
          settle();
        },
        input(json) {
          // White space alone would be no JSON for a client that parses what came.
          if (balance.complete || (!begun && json.trim() === "")) return;
          begun = true;
          balance.push(json);
          append(block, { type: "input_json_delta", partial_json: json });
          settle();
        },
        get complete() {
          return balance.complete;
        },
      };
    },
    end() {
      for (let first = waiting[0]; first; first = waiting[0]) {
        if (!first.shown) show(first);
        stop();
      }
    },
  };
}
