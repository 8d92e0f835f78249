// Text and bytes, as the shell's commands hand them over.

import type { BufferEncoding } from "just-bash/browser";

type Encoding = BufferEncoding | { encoding?: BufferEncoding | null } | undefined;

/** Of a call stack's arguments. */
const CHUNK = 8192;

export function toBytes(content: string | Uint8Array, encoding?: Encoding): Uint8Array {
  if (typeof content !== "string") return content;
  if (!isRaw(encoding)) return new TextEncoder().encode(content);
  return Uint8Array.from(content, (unit) => unit.charCodeAt(0));
}

export function toText(bytes: Uint8Array, encoding?: Encoding): string {
  return isRaw(encoding)
    ? toRaw(bytes)
    : new TextDecoder("utf-8", { fatal: false, ignoreBOM: true }).decode(bytes);
}

/** A unit for each byte. */
export function toRaw(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += CHUNK) {
    text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  }
  return text;
}

function isRaw(encoding: Encoding): boolean {
  const name = typeof encoding === "string" ? encoding : encoding?.encoding;
  return name === "binary" || name === "latin1" || name === "ascii";
}
