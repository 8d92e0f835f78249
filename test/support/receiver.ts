// Webhooks as a test has them told: an address that answers as it is asked to, and what came there
// (node/receiver.ts). Runs anywhere that has fetch.

import { Webhook } from "standardwebhooks";

declare global {
  namespace Cloudflare {
    interface Env {
      WEBHOOK_SECRET: string;
    }
  }
}

declare module "vitest" {
  interface ProvidedContext {
    /** Where the receiver is, without a slash at the end. */
    receiver: string;
  }
}

export type Answer =
  /** A status, with `retry-after` in seconds where that is added. */
  | `${number}`
  | `${number}+${number}`
  /** Breaks the connection. */
  | "cut"
  /** Never answers. */
  | "hang"
  /** 200, and a body without an end. */
  | "flood";

export interface Received {
  headers: Record<string, string>;
  body: string;
  /** The sender went before it was answered in full. */
  isLeft: boolean;
}

/** What is told of an end. */
export interface Payload {
  type: string;
  timestamp: string;
  data: Record<string, unknown>;
}

/** An address at which these are the answers, one after the other; the last one repeats. */
export function createEndpoint(receiver: string, ...answers: Answer[]): string {
  const query = answers.map((answer) => `answer=${encodeURIComponent(answer)}`).join("&");
  return `${receiver}/${crypto.randomUUID()}?${query}`;
}

/** What came there, once `count` deliveries have; all of it after 10 s. */
export async function receivedAt(endpoint: string, count = 0): Promise<Received[]> {
  const url = new URL(endpoint);
  url.search = `?count=${count}`;
  return (await fetch(url)).json();
}

/** The payload, once the official library has found the signature to be good. */
export function verify(secret: string, { body, headers }: Received): Payload {
  return new Webhook(secret).verify(body, headers) as Payload;
}
