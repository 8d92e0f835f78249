// Long texts in short rows.

/**
 * A SQLite value holds 2 MB (https://developers.cloudflare.com/durable-objects/platform/limits/);
 * a UTF-16 unit takes at most three bytes in UTF-8.
 */
const PIECE_LENGTH = 600_000;

/** `text` in pieces that fit a row each, never cut within a character. At least one. */
export function splitText(text: string, length = PIECE_LENGTH): string[] {
  if (text.length <= length) return [text];
  const pieces: string[] = [];
  for (let start = 0; start < text.length; ) {
    let end = Math.min(start + length, text.length);
    if (end < text.length && isHighSurrogate(text.charCodeAt(end - 1))) end -= 1;
    pieces.push(text.slice(start, end));
    start = end;
  }
  return pieces;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
