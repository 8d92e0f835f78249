// S7: observers that are cut off at random and resume from the last event they have. Nothing may be
// missing, nothing may come twice.

import type { IncomingMessage } from "node:http";
import type { AsyncMessages } from "./contender.ts";

export interface Resumed {
  observers: number;
  cuts: number;
  gaps: number;
  repeats: number;
}

const PLAN = { events: 2_000, perSecond: 500 };
const MAX_BYTES_AT_ONCE = 60_000;

export async function resumeAtRandom(service: AsyncMessages, observers: number): Promise<Resumed> {
  const total: Resumed = { observers, cuts: 0, gaps: 0, repeats: 0 };
  const id = await service.begin(PLAN);
  const follow = async () => {
    for (let last = 0; ; total.cuts += 1) {
      const query = last === 0 ? "" : `?starting_after=${last}`;
      const seen = await readSome(await service.observe(id, query), Math.random());
      for (const seq of seen.ids) {
        if (seq <= last) total.repeats += 1;
        if (seq > last + 1) total.gaps += 1;
        last = Math.max(last, seq);
      }
      if (seen.isOver) return;
    }
  };
  await Promise.all(Array.from({ length: observers }, follow));
  return total;
}

/** Reads some of it, or all, and cuts the line. */
async function readSome(
  response: IncomingMessage,
  random: number,
): Promise<{ ids: number[]; isOver: boolean }> {
  const most = random * MAX_BYTES_AT_ONCE;
  let text = "";
  for await (const piece of response) {
    text += (piece as Buffer).toString("latin1");
    if (text.length > most) break; // which destroys the connection
  }
  const whole = text.slice(0, text.lastIndexOf("\n\n") + 1);
  const ids = Array.from(whole.matchAll(/^id: (\d+)$/gm), ([, seq]) => Number(seq));
  return { ids, isOver: whole.includes("\nevent: message_stop\n") };
}
