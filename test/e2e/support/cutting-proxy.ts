// A line that breaks after so many events, over either transport, in the middle of the next one.

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** Where an event begins: Server-Sent, or in a WebSocket's frame. What a service sends is not masked. */
const EVENT = /\nid: \d+\nevent|\{"id":\d+,"event"/g;
/** What a client offers to compress frames, in which no event could be seen then. */
const COMPRESSION = /sec-(?=websocket-extensions: )/i;
/** So much of the event after the last is let through, in bytes. */
const SHRED = 9;

export interface CuttingProxy {
  /** Where the target can be reached through it. */
  url: string;
  /** How many lines it has cut so far. */
  readonly cuts: number;
  stop(): Promise<void>;
}

/** `eventsOf` says how many events the next line may bring before it is cut. */
export async function startCuttingProxy(
  target: string,
  eventsOf: () => number,
): Promise<CuttingProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let cuts = 0;
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    let left: number | undefined;
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on("error", () => other.destroy()).on("close", () => sockets.delete(one));
      one.on("end", () => other.end());
    }
    near.on("data", (bytes) => {
      far.write(bytes.toString("latin1").replace(COMPRESSION, "not-"), "latin1");
    });
    far.on("data", (bytes) => {
      for (const { index } of bytes.toString("latin1").matchAll(EVENT)) {
        left ??= eventsOf();
        left -= 1;
        if (left >= 0) continue;
        cuts += 1;
        near.write(bytes.subarray(0, index + SHRED));
        // Both ways in which lines end: in good order, though too early, and not.
        if (cuts % 2 === 0) near.end();
        else near.resetAndDestroy();
        far.destroy();
        return;
      }
      near.write(bytes);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get cuts() {
      return cuts;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
