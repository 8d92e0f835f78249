// Bytes as text, in whichever character encoding they are.

const BYTE_ORDER_MARKS: [label: string, mark: number[]][] = [
  ["utf-8", [0xef, 0xbb, 0xbf]],
  ["utf-16le", [0xff, 0xfe]],
  ["utf-16be", [0xfe, 0xff]],
];

/** The encoding that a byte order mark at the start tells. */
export function markedCharset(bytes: Uint8Array): string | undefined {
  const [label] = BYTE_ORDER_MARKS.find(([, mark]) => mark.every((b, at) => bytes[at] === b)) ?? [];
  return label;
}

export function isUtf8(bytes: Uint8Array): boolean {
  return decodeUtf8(bytes) !== undefined;
}

/** UTF-8 and no NUL, as it stands there; undefined for what is no such text. */
export function decodePlain(bytes: Uint8Array): string | undefined {
  return bytes.includes(0) ? undefined : decodeUtf8(bytes);
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** The `charset` of a content type, as it stands there. */
export function charsetOf(contentType: string): string | undefined {
  return /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(contentType)?.[1];
}

/**
 * Never fails: what is wrong becomes U+FFFD. By the byte order mark, else by `label` where it is one that the Encoding Standard knows, else as
 * UTF-8, and as Windows-1252 where it is none: https://encoding.spec.whatwg.org/#decode
 */
export function decodeText(bytes: Uint8Array, label?: string): string {
  const charset = markedCharset(bytes) ?? label;
  const known = charset === undefined ? undefined : decoderOf(charset);
  return (known ?? new TextDecoder(isUtf8(bytes) ? "utf-8" : "windows-1252")).decode(bytes);
}

function decoderOf(label: string): TextDecoder | undefined {
  try {
    return new TextDecoder(label);
  } catch {
    return undefined;
  }
}
