// What a message is started with, as one body: a line of what is known of it, then its request as it is.

import type { Webhook } from "../protocol/webhook.ts";
import type { Opening } from "./record.ts";

/** Beside the request itself. */
export interface Start {
  opening: Opening;
  /** Something has to be found for it first. */
  prepares?: boolean;
  /** Whom to tell of its end. */
  webhook?: Webhook | undefined;
}

export function toEnvelope(start: Start, request: string): string {
  return `${JSON.stringify(start)}\n${request}`;
}

export async function readEnvelope(body: Request): Promise<{ start: Start; request: string }> {
  const text = await body.text();
  const end = text.indexOf("\n");
  return { start: JSON.parse(text.slice(0, end)) as Start, request: text.slice(end + 1) };
}
