// Digests and identifiers, from Web Crypto.

import { encodeBase64Url } from "./base64url.ts";

const encoder = new TextEncoder();

/** SHA-256 of bytes, or of text as UTF-8, in lower-case hex. */
export async function sha256Hex(content: string | Uint8Array): Promise<string> {
  const bytes = typeof content === "string" ? encoder.encode(content) : content;
  return toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}

/** HMAC-SHA-256 of `text` under `secret` (both as UTF-8), in base64url. */
export async function hmacSha256(secret: string, text: string): Promise<string> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const raw = encoder.encode(secret);
  const key = await crypto.subtle.importKey("raw", raw, algorithm, false, ["sign"]);
  const bytes = await crypto.subtle.sign("HMAC", key, encoder.encode(text));
  return encodeBase64Url(String.fromCharCode(...new Uint8Array(bytes)));
}

/** True when both are the same; takes equally long wherever they differ. */
export function equalInConstantTime(a: string, b: string): boolean {
  const left = encoder.encode(a);
  const right = encoder.encode(b);
  return left.byteLength === right.byteLength && crypto.subtle.timingSafeEqual(left, right);
}

/** `prefix` and 128 random bits in hex. */
export function randomId(prefix: string): string {
  return prefix + toHex(crypto.getRandomValues(new Uint8Array(16)));
}

/** A whole number of 48 random bits: exact in JavaScript, JSON and SQLite. */
export function randomNumber(): number {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2));
  return (high >>> 16) * 2 ** 32 + low;
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
