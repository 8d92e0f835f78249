// Leave to watch one message, as a text that its holder shows: signed, so that nothing has to be kept
// of it. Where it may be shown and what each call takes is not said here.

import { decodeBase64Url, encodeBase64Url } from "../lib/base64url.ts";
import { equalInConstantTime, hmacSha256 } from "../lib/digest.ts";
import type { Part } from "./hiding.ts";

export const SCOPES = ["observe", "control"] as const;
/** `control` is `observe` and leave to cancel. */
export type Scope = (typeof SCOPES)[number];

/** What a token allows, and for how long. */
export interface Grant {
  scope: Scope;
  /** What its holder is not to see. */
  hide: readonly Part[];
  /** Unix time, in ms. */
  expiresAt: number;
  /** The message's own number when the token was made: with another one it is void. */
  epoch: number;
}

export interface Token {
  tenant: string;
  messageId: string;
  grant: Grant;
}

/** What every token begins with; of another form, it would be another number. */
export const TOKEN_PREFIX = "obs1.";

/** Twice what the longest tenant and id come to. In UTF-16 units. */
const MAX_TOKEN_LENGTH = 1024;

type Claims = [
  tenant: string,
  messageId: string,
  scope: Scope,
  hide: readonly Part[],
  expiresAt: number,
  epoch: number,
];

/** `obs1.`, the claims in base64url, a dot, and their signature: nothing that an address or header escapes. */
export async function encodeToken({ tenant, messageId, grant }: Token, secret: string) {
  const { scope, hide, expiresAt, epoch } = grant;
  const claims: Claims = [tenant, messageId, scope, hide, expiresAt, epoch];
  const signed = TOKEN_PREFIX + encodeBase64Url(JSON.stringify(claims)); // all of them are ASCII
  return `${signed}.${await hmacSha256(secret, signed)}`;
}

/**
 * What `text` says, if it was signed with `secret`. It is compared as it stands, every character of
 * it, and nothing is read before that; whether it has expired is not looked at.
 */
export async function decodeToken(text: string, secret: string): Promise<Token | undefined> {
  const dot = text.lastIndexOf(".");
  if (text.length > MAX_TOKEN_LENGTH || !text.startsWith(TOKEN_PREFIX)) return undefined;
  const signed = text.slice(0, dot);
  const signature = await hmacSha256(secret, signed);
  if (!equalInConstantTime(text.slice(dot + 1), signature)) return undefined;
  const claims = JSON.parse(decodeBase64Url(signed.slice(TOKEN_PREFIX.length))) as Claims;
  const [tenant, messageId, scope, hide, expiresAt, epoch] = claims;
  return { tenant, messageId, grant: { scope, hide, expiresAt, epoch } };
}

export function permits({ scope }: Grant, needed: Scope): boolean {
  return scope === "control" || needed === "observe";
}
