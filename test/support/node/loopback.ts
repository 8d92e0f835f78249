// A server of a test's own, on a free port of the loopback.

import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

export interface LoopbackServer {
  /** Without a slash at the end. */
  url: string;
  /** Ends it, and every connection to it. */
  stop(): Promise<void>;
}

export async function listen(handler: RequestListener): Promise<LoopbackServer> {
  const server = createServer(handler);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
