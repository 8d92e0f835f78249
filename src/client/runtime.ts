// What a runtime provides, as much of it as is used here: the same in browsers, Node and Workers, but
// for how a WebSocket is given a key.

import { toProblem } from "./problem.ts";

export type Fetch = (
  url: string,
  init: {
    method?: string;
    headers: Record<string, string>;
    body?: string;
    signal?: AbortSignal;
  },
) => Promise<Response>;

export interface Socket {
  readonly readyState: number;
  addEventListener(type: "open" | "error", listener: () => void): void;
  addEventListener(type: "message", listener: (event: { data: unknown }) => void): void;
  addEventListener(
    type: "close",
    listener: (event: { code: number; reason: string }) => void,
  ): void;
  close(): void;
}

export interface SocketInit {
  /** What opens the service, where headers can be sent. */
  headers: Record<string, string>;
  /** What opens it where they cannot, as in browsers: an observe token, never a key. */
  protocols: string[];
  signal: AbortSignal;
}

/** Makes a socket. Throws where that cannot be done here; rejects where it was refused. */
export type MakeSocket = (url: string, init: SocketInit) => Socket | Promise<Socket>;

export const OPEN = 1;

export const runtimeFetch: Fetch = (url, init) => fetch(url, init);

export function runtimeWebSocket(fetch: Fetch): MakeSocket {
  if ("WebSocketPair" in globalThis) return (url, init) => upgrade(fetch, url, init);
  return (url, { headers, protocols }) => {
    // Without a token there is nothing that a browser could send, which throws if it is given headers;
    // Node, Deno and Bun take them.
    const needsHeaders = protocols.length === 0 && Object.keys(headers).length > 0;
    return new WebSocket(url, needsHeaders ? ({ headers } as unknown as string[]) : protocols);
  };
}

/** A Worker makes a socket by `fetch`, and so learns why where it is refused. */
async function upgrade(fetch: Fetch, url: string, init: SocketInit): Promise<Socket> {
  const headers = { ...init.headers, upgrade: "websocket" };
  const response = await fetch(url.replace(/^ws/, "http"), { headers, signal: init.signal });
  const { webSocket } = response as Response & { webSocket?: Socket & { accept(): void } };
  if (!webSocket) throw await toProblem(response);
  webSocket.accept();
  return webSocket;
}
