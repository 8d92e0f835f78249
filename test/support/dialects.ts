// How an upstream of either dialect speaks, where a test is about both; and odd ways to say it.

import { anthropicEvent, anthropicText, openaiDelta, openaiText, type Step } from "./script.ts";

export interface Dialect {
  name: "anthropic" | "openai";
  /** A whole answer of text. */
  text(pieces: (string | Step)[]): Step[];
  /** Its beginning, up to the first piece of text. */
  begin(text: string): Step[];
  /** One more piece of text, as it is sent. */
  piece(text: string): { send: string };
}

export const ANTHROPIC: Dialect = {
  name: "anthropic",
  text: anthropicText,
  begin: (text) => anthropicText([text]).slice(0, 3),
  piece(text) {
    const delta = { type: "text_delta", text };
    return anthropicEvent({ type: "content_block_delta", index: 0, delta }) as { send: string };
  },
};

export const OPENAI: Dialect = {
  name: "openai",
  text: openaiText,
  begin: (text) => openaiText([text]).slice(0, 2),
  piece: (content) => openaiDelta({ content }) as { send: string },
};

export const DIALECTS = [ANTHROPIC, OPENAI];

const BLOCK = "x".repeat(64 * 1024);

/** A piece of text of so many `x`: one line of the stream. */
export function longPiece({ piece }: Dialect, length: number): Step[] {
  const [before = "", after = ""] = piece("@").send.split("@");
  return [{ send: before }, { send: BLOCK, times: length / BLOCK.length }, { send: after }];
}

/** The same bytes, each sent by itself. */
export function byByte(steps: Step[]): Step[] {
  const bytes = new TextEncoder().encode(bodyOf(steps));
  return Array.from(bytes, (byte) => ({ bytes: toBase64([byte]) }));
}

/** The same bytes, compressed. */
export async function zipped(steps: Step[]): Promise<Step> {
  const body = new Blob([bodyOf(steps)]).stream().pipeThrough(new CompressionStream("gzip"));
  return { bytes: toBase64(new Uint8Array(await new Response(body).arrayBuffer())) };
}

function bodyOf(steps: Step[]): string {
  return steps.map((step) => ("send" in step ? step.send : "")).join("");
}

function toBase64(bytes: Iterable<number>): string {
  return btoa(String.fromCharCode(...bytes));
}
