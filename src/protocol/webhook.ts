// Telling a URL of the end of a message: what a request may ask, and the names of what is told. Pure.

import * as z from "zod";
import { fields, list } from "../lib/zod-kinds.ts";
import type { Terminal } from "./state.ts";

/** Characters. It is kept in one row with the figures of the message. */
const MAX_URL_LENGTH = 2_048;

/** One for each end that a message can have. */
export const WEBHOOK_EVENTS = [
  "message.completed",
  "message.cancelled",
  "message.error",
] as const satisfies `message.${Terminal["status"]}`[];
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number];

export const webhook = fields({
  // Who may be reached in plain text is for the guard to say (addresses.ts).
  url: z.url({ protocol: /^https?$/, error: "must be an https URL" }).max(MAX_URL_LENGTH),
  events: list(z.enum(WEBHOOK_EVENTS), WEBHOOK_EVENTS.length).min(1).optional(),
});
export type Webhook = z.output<typeof webhook>;

export function toWebhookEvent({ status }: Terminal): WebhookEvent {
  return `message.${status}`;
}
