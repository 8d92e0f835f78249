// The client as these tests use it: on the Worker under test, and over lines that a test spoils.

import { exports } from "cloudflare:workers";
import {
  AsyncMessages,
  type ConnectionState,
  type Fetch,
  type MakeSocket,
  type Observation,
  type Observed,
  type Socket,
  type StartRequest,
  type Transport,
} from "../../src/client/client.ts";

export const here: Fetch = (url, init) => exports.default.fetch(url, init);

/** `lines` are what the client gets instead of the runtime's own. */
export function createClient(
  lines: { fetch?: Fetch; webSocket?: MakeSocket } = {},
  apiKey = "acme-key",
): AsyncMessages {
  return new AsyncMessages({ baseUrl: "https://api.example/", apiKey, fetch: here, ...lines });
}

/** A request of one question. */
export function ask(model: string): StartRequest {
  return { model, messages: [{ role: "user", content: "Tell me about rivers." }] };
}

/** Everything that is observed, to the end. */
export async function all(observation: Observation): Promise<Observed[]> {
  const observed: Observed[] = [];
  for await (const one of observation) observed.push(one);
  return observed;
}

/** The phases of a connection, each with its transport where it has one. */
export function logStates() {
  const states: ConnectionState[] = [];
  return {
    states,
    onState: (state: ConnectionState) => void states.push(state),
    words: () =>
      states.map((state) =>
        "transport" in state ? `${state.phase} ${state.transport}` : state.phase,
      ),
    /** What the client waited for before it connected again. */
    problems: () => states.flatMap((state) => ("problem" in state ? [state.problem.message] : [])),
  };
}

/** One frame of either transport, as text that can be told, changed, or left out. */
export type Spoil = (frame: string) => string[] | "silence";

/**
 * Lines of which the first is spoiled, over either transport: `spoil` sees each whole frame and says
 * what arrives in its place, or that nothing arrives from there on.
 */
export function spoilFirst(transport: Transport, spoil: Spoil) {
  let lines = 0;
  if (transport === "sse") {
    const fetch: Fetch = async (url, init) => {
      const response = await here(url, init);
      if (response.body === null || !url.includes("/stream") || lines++ > 0) return response;
      return new Response(response.body.pipeThrough(spoilSse(spoil)), response);
    };
    return { fetch };
  }
  const webSocket: MakeSocket = async (url, { headers }) => {
    const upgrade = { headers: { ...headers, upgrade: "websocket" } };
    const { webSocket } = await exports.default.fetch(url.replace("wss:", "https:"), upgrade);
    if (!webSocket) throw new Error("no upgrade");
    webSocket.accept();
    return lines++ > 0 ? webSocket : spoilSocket(webSocket, spoil);
  };
  return { webSocket };
}

function spoilSse(spoil: Spoil): TransformStream<Uint8Array, Uint8Array> {
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  let pending = "";
  let isSilent = false;
  return new TransformStream({
    transform(bytes, controller) {
      const frames = (pending + decoder.decode(bytes, { stream: true })).split("\n\n");
      pending = frames.pop() ?? "";
      for (const frame of frames) {
        const spoiled = isSilent ? "silence" : spoil(frame);
        isSilent = spoiled === "silence";
        if (spoiled === "silence") continue;
        for (const text of spoiled) controller.enqueue(encoder.encode(`${text}\n\n`));
      }
    },
    async flush() {
      if (isSilent) await new Promise(() => {}); // half-open: not even the end arrives
    },
  });
}

function spoilSocket(socket: WebSocket, spoil: Spoil): Socket {
  let isSilent = false;
  return {
    readyState: socket.readyState,
    addEventListener(type: string, listener: (event: never) => void) {
      socket.addEventListener(type as "message", (event: MessageEvent) => {
        if (isSilent) return;
        if (type !== "message") return listener(event as never);
        const spoiled = spoil(String(event.data));
        isSilent = spoiled === "silence";
        if (spoiled !== "silence") for (const data of spoiled) listener({ data } as never);
      });
    },
    close: () => socket.close(),
  };
}

/** The id in a frame of either transport; undefined for what is no event of the log. */
export function idOf(frame: string): number | undefined {
  const id = /^(?:id: |\{"id":)(\d+)/.exec(frame)?.[1];
  return id === undefined ? undefined : Number(id);
}
