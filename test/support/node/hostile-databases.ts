// What listens where a database should be, and is none: each kind on a port of its own.

import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import type { HostileDatabase } from "../provided-databases.ts";

/** `AuthenticationOk`, and `ReadyForQuery` in no transaction. */
const WELCOME = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49]);
/** The head of a `DataRow` of a gigabyte. */
const ENDLESS_ROW = Buffer.from([0x44, 0x40, 0, 0, 0]);
const NOISE = Buffer.alloc(64 * 1024);

const BEHAVIOURS: Record<HostileDatabase, (socket: Socket) => void> = {
  silent: () => {},
  hanging_up: (socket) => socket.once("data", () => socket.end()),
  /** Says no to TLS, and then whatever one wants to hear. */
  plain: (socket) =>
    socket.once("data", () => {
      socket.write("N");
      socket.once("data", () => socket.write(WELCOME));
    }),
  /** Says yes to TLS, and more than that before it begins. */
  injecting: (socket) => socket.once("data", () => socket.write(Buffer.from(`S${WELCOME}`))),
  /** Begins a session, and answers with a row that does not end. */
  endless: (socket) =>
    socket.once("data", () => {
      socket.write(WELCOME);
      socket.once("data", () => {
        socket.write(ENDLESS_ROW);
        const flood = () => {
          while (!socket.destroyed && socket.write(NOISE));
        };
        socket.on("drain", flood);
        flood();
      });
    }),
  not_postgres: (socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"),
};

export async function startHostileDatabases(): Promise<{
  urls: Record<HostileDatabase, string>;
  stop(): Promise<void>;
}> {
  const sockets = new Set<Socket>();
  const servers = Object.entries(BEHAVIOURS).map(([kind, behave]) => {
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => {}).on("close", () => sockets.delete(socket));
      behave(socket);
    });
    return { kind, server: server.listen(0, "127.0.0.1") };
  });
  await Promise.all(servers.map(({ server }) => once(server, "listening")));
  const urls = servers.map(({ kind, server }) => {
    const { port } = server.address() as { port: number };
    return [kind, `postgres://somebody:hunter2-database@127.0.0.1:${port}/x`];
  });
  return {
    urls: Object.fromEntries(urls),
    async stop() {
      const closed = servers.map(({ server }) => once(server.close(), "close"));
      for (const socket of sockets) socket.destroy();
      await Promise.all(closed);
    },
  };
}
