// Somebody who watches a message to its end over one transport, and whenever the line breaks comes
// back at once to where it was.

import { setTimeout as delay } from "node:timers/promises";
import { type Ended, readSocket, readSse, type Told } from "../../../bench/soak/connection.ts";
import { isEnd } from "../../../bench/soak/log-laws.ts";

export type Transport = "sse" | "websocket";

export interface Watched {
  told: Told[];
  /** Connections that were tried. */
  visits: number;
  /** Why this is not all there is, in order and each once; undefined where it is. */
  fault: string | undefined;
}

const COME_BACK_MS = 20;

/** `stream` is the message's address of that name. */
export async function watch(
  stream: string,
  transport: Transport,
  deadline: AbortSignal,
): Promise<Watched> {
  const told: Told[] = [];
  for (let visits = 1; ; visits += 1) {
    const verdict = await visit(stream, transport, told, deadline);
    if (verdict !== "again") {
      return { told, visits, fault: verdict === "done" ? undefined : `${transport}: ${verdict}` };
    }
    await delay(COME_BACK_MS);
  }
}

/** Whether it is done or must come `again`, or a sentence that says what is wrong. */
async function visit(
  stream: string,
  transport: Transport,
  told: Told[],
  deadline: AbortSignal,
): Promise<string> {
  const last = told.length;
  const connection =
    transport === "sse"
      ? readSse(stream, last > 0 ? { "last-event-id": `${last}` } : {}, deadline)
      : readSocket(`${stream}?starting_after=${last}`, deadline);
  for (;;) {
    const { done, value } = await connection.next();
    if (done) return judge(value, told, deadline);
    if (!value) continue; // connected
    told.push(value);
    if (value.seq !== told.length) return `event ${value.seq} came after ${told.length - 1}`;
    // The bare runtime closes at once, but keeps the line for ten seconds more, until it hibernates.
    if (transport === "websocket" && isEnd(value.event)) {
      await connection.return({ kind: "complete" });
      return "done";
    }
  }
}

function judge(ended: Ended, told: readonly Told[], deadline: AbortSignal): string {
  const isOver = isEnd(told.at(-1)?.event ?? "");
  if (deadline.aborted) return `no end in time; ${told.length} events seen`;
  switch (ended.kind) {
    case "complete":
      return isOver ? "done" : `the stream ended after event ${told.length}, which is no end`;
    case "refused":
      if (ended.status === 0) return "again";
      if (ended.status === 204 && isOver) return "done";
      return `${ended.status} ${ended.text} after event ${told.length}`;
    case "closed":
      return `closed with ${ended.code} after event ${told.length}`;
    case "broken":
      return "again";
  }
}
