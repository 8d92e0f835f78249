// The upstream of a run, a process of its own: whatever it is asked, it says the plan in the prompt, each
// event in a write of its own.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { ANSWERS } from "./answer.ts";
import { findPlan } from "./plan.ts";
import { now } from "./stamp.ts";

const server = createServer((request, response) => void answer(request, response));
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
process.on("disconnect", () => process.exit());

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const dialect = request.url?.endsWith("/chat/completions") ? "openai" : "anthropic";
  const { head, delta, tail } = ANSWERS[dialect];
  const { events, perSecond } = findPlan(String(Buffer.concat(await request.toArray())));
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.socket?.setNoDelay(true);
  response.write(head);
  const startedAt = now();
  for (let said = 0; said < events && !response.destroyed; said += 1) {
    const dueMs = perSecond > 0 ? startedAt + (said * 1_000) / perSecond - now() : 0;
    if (dueMs > 0) await delay(dueMs);
    if (!response.write(delta())) await drained(response);
  }
  response.end(tail(events));
}

/** Or gone. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off("drain", done).off("close", done);
      resolve();
    };
    response.on("drain", done).on("close", done);
  });
}
