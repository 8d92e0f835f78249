// A line over a WebSocket.

import type { Ending } from "./course.ts";
import { broken, type Line, type Sign, toSign } from "./line.ts";
import { AsyncMessagesError, toConnectionError } from "./problem.ts";
import { OPEN, type Socket } from "./runtime.ts";
import { type Patience, within } from "./timing.ts";

export async function* readSocket(
  make: (signal: AbortSignal) => Socket | Promise<Socket>,
  patience: Patience,
): Line {
  const leaving = new AbortController();
  const signs: Sign[] = [];
  let socket: Socket | undefined;
  let ending: Ending | undefined;
  let wake = (): void => {};
  const tell = (sign: Sign): void => {
    signs.push(sign);
    wake();
  };
  const end = (how: Ending): void => {
    ending ??= how;
    wake();
  };

  const attach = (made: Socket): void => {
    socket = made;
    const open = (): void => tell("open");
    made.addEventListener("open", open);
    made.addEventListener("message", ({ data }) => {
      try {
        tell(readFrame(String(data)));
      } catch (cause) {
        end(broken(cause));
      }
    });
    made.addEventListener("close", ({ code, reason }) => end(closed(code, reason)));
    // Node tells of a line that breaks before it opens by this alone.
    made.addEventListener("error", () => end(broken("a WebSocket broke")));
    if (made.readyState === OPEN) open();
    if (ending) made.close(); // nobody waits for it any more
  };

  try {
    Promise.resolve(make(leaving.signal)).then(attach, (cause) => end(endingOf(cause)));
  } catch (cause) {
    return { kind: "unsupported", problem: toConnectionError(cause) };
  }
  try {
    for (;;) {
      if (signs.length > 0) yield* signs.splice(0);
      else if (ending) return ending;
      else {
        const news = new Promise<void>((resolve) => {
          wake = resolve;
        });
        await within(news, patience);
      }
    }
  } catch (cause) {
    return broken(cause);
  } finally {
    end(broken("it was left"));
    leaving.abort();
    socket?.close();
  }
}

function readFrame(text: string): Sign {
  const { id, data } = JSON.parse(text) as { id?: unknown; data?: unknown };
  return toSign(id, data);
}

function endingOf(cause: unknown): Ending {
  return cause instanceof AsyncMessagesError ? { kind: "refused", problem: cause } : broken(cause);
}

/** Of the service's own codes, the last three digits are HTTP's. */
export function closed(code: number, reason: string): Ending {
  const problem = new AsyncMessagesError(`The connection was closed: ${code} ${reason}`, {
    type: "connection_error",
    status: code >= 4400 ? code - 4000 : undefined,
  });
  return { kind: code === 1000 ? "ended" : "broken", problem };
}
