// What is told of the end of a message, to the address that its request names.
// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

import { WEBHOOK_EVENTS } from "../../protocol/webhook.ts";
import { inHeader, toRef } from "./operation.ts";

const HEADERS = [
  inHeader("webhook-id", "The same in all attempts to tell of one end.", true),
  inHeader("webhook-timestamp", "When this attempt was made, in seconds since the epoch.", true),
  inHeader(
    "webhook-signature",
    "`v1,` and the HMAC-SHA256 of id, time and body; several may be.",
    true,
  ),
];

export function webhooks(): Record<string, unknown> {
  const told = (event: string) => ({
    post: {
      summary: `Tell of an end: \`${event}\`.`,
      parameters: HEADERS,
      requestBody: {
        required: true,
        content: { "application/json": { schema: toRef("Ended") } },
      },
      responses: {
        "2XX": { description: "It is known." },
        410: { description: "Nothing more is to be told there." },
        default: { description: "It is told again, for a day." },
      },
      security: [],
    },
  });
  return Object.fromEntries(WEBHOOK_EVENTS.map((event) => [event, told(event)]));
}
