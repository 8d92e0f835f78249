// What the page asks for beside what the client does: the models, and links to share. Fails as the
// client does.

import { toConnectionError, toProblem } from "../client/problem.ts";

export interface Share {
  hours: number;
  hide: string[];
}

export async function listModels(key: string | undefined): Promise<string[]> {
  const { data } = await ask<{ data: { id: string }[] }>("GET", "/v1/models?limit=1000", key);
  return data.map(({ id }) => id);
}

/** A token to read one message with. */
export async function makeToken(
  messageId: string,
  { hours, hide }: Share,
  key: string | undefined,
): Promise<string> {
  const wish = { scope: "observe", expires_in: hours * 3_600, hide };
  const { token } = await ask<{ token: string }>("POST", tokensOf(messageId), key, wish);
  return token;
}

export function revokeTokens(messageId: string, key: string | undefined): Promise<void> {
  return ask("DELETE", tokensOf(messageId), key);
}

function tokensOf(messageId: string): string {
  return `/v1/messages/async/${encodeURIComponent(messageId)}/tokens`;
}

async function ask<Answer>(
  method: string,
  path: string,
  key: string | undefined,
  body?: unknown,
): Promise<Answer> {
  const response = await fetch(path, {
    method,
    headers: {
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  }).catch((cause) => {
    throw toConnectionError(cause);
  });
  if (!response.ok) throw await toProblem(response);
  return response.status === 204 ? (undefined as Answer) : await response.json();
}
