// Waiting until there is more to read.

import { whenAborted } from "../lib/when-aborted.ts";
import type { Observer } from "./observers.ts";
import type { PagedLog } from "./paged-log.ts";

/** Resolves with the first event after `seq`, with the end, after `waitMs`, or when nobody waits any more. */
export async function awaitNews(
  log: Pick<PagedLog, "join" | "leave">,
  seq: number,
  signal: AbortSignal,
  waitMs: number,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const observer: Observer = {
    after: seq,
    write() {
      resolve();
      return Promise.reject(new Error("has heard what it came for"));
    },
    ping() {},
    close: () => resolve(),
  };
  const timer = setTimeout(resolve, waitMs);
  whenAborted(signal, resolve);
  log.join(observer);
  await promise;
  clearTimeout(timer);
  log.leave(observer);
}
