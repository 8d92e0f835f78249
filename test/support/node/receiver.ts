// A receiver of webhooks: each address of its own (../receiver.ts), which says what is answered there;
// what came is told to whoever asks. Runs in Node.

import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Answer, Received } from "../receiver.ts";
import { type LoopbackServer, listen } from "./loopback.ts";

const MAX_POLL_MS = 10_000;
const TICK_MS = 10;
const FLOOD = Buffer.alloc(64 * 1024, "x");

export function startReceiver(): Promise<LoopbackServer> {
  const received = new Map<string, Received[]>();
  return listen((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://receiver");
    const sofar = received.get(pathname) ?? [];
    received.set(pathname, sofar);
    const handling =
      request.method === "POST"
        ? receive(request, response, sofar, searchParams.getAll("answer") as Answer[])
        : tell(sofar, Number(searchParams.get("count")), response);
    handling.catch(() => response.destroy());
  });
}

/** What came, once `count` deliveries have. */
async function tell(sofar: Received[], count: number, response: ServerResponse): Promise<void> {
  const deadline = Date.now() + MAX_POLL_MS;
  while (sofar.length < count && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
  response.setHeader("content-type", "application/json").end(JSON.stringify(sofar));
}

/** The last answer is given again and again. */
async function receive(
  request: IncomingMessage,
  response: ServerResponse,
  sofar: Received[],
  answers: Answer[],
): Promise<void> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece);
  const body = Buffer.concat(pieces).toString();
  const delivery: Received = {
    headers: request.headers as Record<string, string>,
    body,
    isLeft: false,
  };
  response.on("close", () => {
    delivery.isLeft = !response.writableEnded;
  });
  sofar.push(delivery);
  const answer = answers[Math.min(sofar.length, answers.length) - 1] ?? "200";
  if (answer === "hang") return;
  if (answer === "cut") return void response.destroy();
  if (answer === "flood") return flood(response);
  const [status, seconds] = answer.split("+");
  if (seconds) response.setHeader("retry-after", seconds);
  if (status === "302") response.setHeader("location", "/elsewhere");
  response.writeHead(Number(status)).end("thanks");
}

/** Writes for as long as it is read. */
async function flood(response: ServerResponse): Promise<void> {
  const left = once(response, "close");
  while (!response.destroyed) {
    if (!response.write(FLOOD)) await Promise.race([once(response, "drain"), left]);
  }
}
