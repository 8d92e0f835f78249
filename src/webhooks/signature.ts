// Signatures as Standard Webhooks has them, version 1: HMAC-SHA256 over id, time and body.
// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

import { decodeBase64 } from "../lib/base64.ts";

const SECRET = /^whsec_([A-Za-z0-9+/]+={0,2})$/;

/** Bytes of a secret. */
const [MIN_LENGTH, MAX_LENGTH] = [24, 64];

const encoder = new TextEncoder();

/** The secrets of a setting, which have spaces between them; undefined where one of them is none. */
export function parseSecrets(text: string): Uint8Array[] | undefined {
  const secrets = text.split(" ").flatMap((word) => (word === "" ? [] : [parseSecret(word)]));
  return secrets.every((secret) => secret !== undefined) ? secrets : undefined;
}

function parseSecret(word: string): Uint8Array | undefined {
  const [, base64 = ""] = SECRET.exec(word) ?? [];
  try {
    const secret = decodeBase64(base64);
    return secret.length >= MIN_LENGTH && secret.length <= MAX_LENGTH ? secret : undefined;
  } catch {
    return undefined;
  }
}

/** What is signed: the body as it is sent, and the headers that go with it. */
export interface Signed {
  id: string;
  /** In seconds since the epoch. */
  timestamp: number;
  body: string;
}

/** The header: one signature by each secret, so that a receiver may know the old one or the new. */
export async function sign(secrets: readonly Uint8Array[], signed: Signed): Promise<string> {
  const content = encoder.encode(`${signed.id}.${signed.timestamp}.${signed.body}`);
  const signatures = await Promise.all(secrets.map((secret) => hmac(secret, content)));
  return signatures.map((signature) => `v1,${toBase64(signature)}`).join(" ");
}

async function hmac(secret: Uint8Array, content: Uint8Array): Promise<Uint8Array> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", secret, algorithm, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, content));
}

function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
