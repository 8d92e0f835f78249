// A line between two parties that can be cut, as lines are, or go dead without either of them hearing.

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface TcpProxy {
  /** Where the target can be reached through it. */
  url: string;
  /** Breaks every connection there is. */
  cut(): void;
  /** Carries nothing any more, either way, and breaks nothing: what is sent waits. */
  hold(): void;
  /** Carries what has waited, and what comes. */
  release(): void;
  stop(): Promise<void>;
}

export async function startTcpProxy(target: string): Promise<TcpProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Map<Socket, Socket>(); // each with its other end
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.set(one, other);
      one.on("error", () => other.destroy()).on("close", () => sockets.delete(one));
      one.pipe(other);
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const proxy: TcpProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut() {
      for (const socket of sockets.keys()) socket.resetAndDestroy();
    },
    hold() {
      for (const [one, other] of sockets) one.unpipe(other);
    },
    release() {
      for (const [one, other] of sockets) one.pipe(other);
    },
    async stop() {
      this.cut();
      server.close();
      await once(server, "close");
    },
  };
  return proxy;
}
