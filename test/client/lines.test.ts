// What an observation is told over lines that lie, fall silent, break or never open: the same.

import { abortAllDurableObjects } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import type { Fetch, MakeSocket, Observed, ObserveOptions } from "../../src/client/client.ts";
import { toResponse } from "../../src/protocol/errors.ts";
import { ended, observe, prompt, start, status, TRANSPORTS, uniqueId } from "../support/client.ts";
import { play } from "../support/play.ts";
import { anthropicText } from "../support/script.ts";
import { all, createClient, here, idOf, logStates, type Spoil, spoilFirst } from "./here.ts";

/** Ten events. */
async function finished(): Promise<[id: string, log: Observed[]]> {
  const id = uniqueId();
  await start(prompt("simulated-5@0"), { id });
  await ended(id);
  const log = await all(createClient().observe(id));
  expect(log.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  return [id, log];
}

/** At this event: what comes in its place. */
const at =
  (id: number, spoiled: (frame: string) => ReturnType<Spoil>): Spoil =>
  (frame) =>
    idOf(frame) === id ? spoiled(frame) : [frame];

const NONSENSE: Record<(typeof TRANSPORTS)[number], string[]> = {
  sse: [
    "id: 4\ndata: {",
    "id: 4\ndata: 1",
    "id: x\ndata: {}",
    "id: 4\ndata: null",
    "id: 4\ndata: {}",
  ],
  websocket: ["", "{", "null", '{"id":"4","data":{"type":"x"}}', '{"id":4}', '{"id":4,"data":{}}'],
};

describe.each(TRANSPORTS)("over %s", (transport) => {
  async function observeSpoiled(spoil: Spoil, options: ObserveOptions = {}) {
    const [id] = await finished();
    const log = await all(createClient().observe(id, options));
    const client = createClient(spoilFirst(transport, spoil));
    const { onState, problems, words } = logStates();
    const observed = await all(client.observe(id, { ...options, transport, onState }));
    expect(observed).toEqual(log);
    return { problems: problems(), words: words() };
  }

  test("an event that comes twice is told once", async () => {
    const { problems } = await observeSpoiled((frame) => [frame, frame]);
    expect(problems).toEqual([]);
  });

  test("events from before are not told again", async () => {
    const frames: string[] = [];
    const { problems } = await observeSpoiled((frame) => {
      frames.push(frame);
      return idOf(frame) === 6 ? [...frames] : [frame];
    });
    expect(problems).toEqual([]);
  });

  test("a gap is no news: the line is left, and another goes on before it", async () => {
    for (const missing of [1, 4, 9]) {
      const { problems } = await observeSpoiled(at(missing, () => []));
      expect(problems).toEqual([
        `The connection failed: event ${missing + 1} came where ${missing} was due`,
      ]);
    }
  });

  test("a line that breaks within a snapshot is followed by one for the rest", async () => {
    for (const broken of [1, 2, 7, 8, 9, 10]) {
      const { problems } = await observeSpoiled(
        at(broken, () => NONSENSE[transport]),
        {
          from: "snapshot",
        },
      );
      expect(problems).toHaveLength(1);
    }
    // A gap before anything but a delta is one, there as well.
    const { problems } = await observeSpoiled(
      at(7, () => []),
      { from: "snapshot" },
    );
    expect(problems).toEqual([expect.stringContaining("event 8 came where 3 was due")]);
  });

  test("so is nonsense", async () => {
    for (const nonsense of NONSENSE[transport]) {
      const { problems } = await observeSpoiled(at(4, () => [nonsense]));
      expect([nonsense, problems]).toEqual([nonsense, [expect.stringContaining("failed")]]);
    }
  });

  test("a line without a byte is given up, wherever it falls silent", async () => {
    for (const last of [1, 5, 10]) {
      const { problems, words } = await observeSpoiled(
        at(last, () => "silence"),
        { silenceMs: 200 },
      );
      expect(problems).toEqual([expect.stringContaining("nothing came for 200 ms")]);
      expect(words.filter((word) => word === `live ${transport}`)).toHaveLength(2);
    }
  });

  test("a crash of the service is waited out", async () => {
    const { id, requested } = await play([{ gate: "never" }], anthropicText(["again"]));
    const { onState, words } = logStates();
    const observation = createClient().observe(id, { transport, onState });
    const text = observation.text();
    await expect.poll(words, { interval: 1 }).toContain(`live ${transport}`);
    await requested();
    await abortAllDurableObjects();
    expect(await text).toBe("again");
    expect(words()).toContain("waiting");
  });

  test("a refusal that passes is waited out, for as long as it says", async () => {
    const [id, log] = await finished();
    let refusals = 0;
    const problem = { reason: "too_many_observers", limit: 1, retryAfterSeconds: 1 } as const;
    const fetch: Fetch = async (url, init) =>
      refusals++ === 0 ? toResponse(problem, "req_test") : here(url, init);
    const { states, onState } = logStates();
    const observed = createClient({ fetch }).observe(id, { transport, onState });
    expect(await all(observed)).toEqual(log);
    const waiting = states.find((state) => state.phase === "waiting");
    expect(waiting).toMatchObject({ problem: { status: 429, requestId: "req_test" } });
    expect(waiting?.ms).toBeGreaterThanOrEqual(1000);
  });
});

describe("where one transport does not get through, the other does:", () => {
  /** Somebody in between who keeps the answer to himself. */
  const silent: Fetch = (url, init) =>
    url.includes("/stream") && !("upgrade" in init.headers)
      ? new Promise(() => {})
      : here(url, init);
  const noPage: Fetch = async (url, init) =>
    url.includes("/stream") && !("upgrade" in init.headers)
      ? new Response("<html>Log in first</html>", { headers: { "content-type": "text/html" } })
      : here(url, init);

  test.for([
    ["answers that never come", silent],
    ["pages of somebody else", noPage],
  ] as const)("%s", async ([, fetch]) => {
    const [id, log] = await finished();
    const { onState, words } = logStates();
    const client = createClient({ fetch });
    expect(await all(client.observe(id, { onState, silenceMs: 300 }))).toEqual(log);
    expect(words()).toEqual([
      "connecting sse",
      "waiting",
      "connecting websocket",
      "live websocket",
      "ended",
    ]);
  });

  test("and the request that was given up is called off", async () => {
    const [id, log] = await finished();
    const signals: (AbortSignal | undefined)[] = [];
    const fetch: Fetch = (url, init) => {
      const answer = silent(url, init);
      if (!("upgrade" in init.headers)) signals.push(init.signal);
      return answer;
    };
    expect(await all(createClient({ fetch }).observe(id, { silenceMs: 300 }))).toEqual(log);
    expect(signals.map((signal) => signal?.aborted)).toEqual([true]);
  });

  test("and back, where there is no WebSocket", async () => {
    const [id, log] = await finished();
    let answers = 0;
    const fetch: Fetch = (url, init) => (answers++ === 0 ? noPage(url, init) : here(url, init));
    const webSocket: MakeSocket = () => {
      throw new ReferenceError("WebSocket is not defined");
    };
    const { onState, words } = logStates();
    expect(await all(createClient({ fetch, webSocket }).observe(id, { onState }))).toEqual(log);
    expect(words().filter((word) => word !== "waiting")).toEqual([
      "connecting sse",
      "connecting websocket",
      "connecting sse",
      "live sse",
      "ended",
    ]);
  });

  test("but not where only the WebSocket was asked for", async () => {
    const webSocket: MakeSocket = () => {
      throw new ReferenceError("WebSocket is not defined");
    };
    const observation = createClient({ webSocket }).observe("x", { transport: "websocket" });
    await expect(all(observation)).rejects.toThrow("WebSocket is not defined");
  });
});

describe("a socket that does not open", () => {
  /** Nobody listens there. */
  const nowhere: MakeSocket = () => new WebSocket("ws://127.0.0.1:1/");

  test("tells nothing: why, HTTP is asked", async () => {
    const observation = createClient({ webSocket: nowhere }).observe(uniqueId(), {
      transport: "websocket",
    });
    await expect(all(observation)).rejects.toMatchObject({ status: 404 });
  });

  test("at the end there is nothing to open it for", async () => {
    const [id] = await finished();
    const client = createClient({ webSocket: nowhere });
    expect(await all(client.observe(id, { transport: "websocket", from: 10 }))).toEqual([]);
  });

  test("is tried again, where HTTP sees no reason", async () => {
    const [id, log] = await finished();
    let sockets = 0;
    const client = createClient({
      webSocket: async (url, init) => {
        if (sockets++ === 0) return nowhere(url, init);
        const { webSocket } = await observeSocket(id);
        return webSocket;
      },
    });
    expect(await all(client.observe(id, { transport: "websocket" }))).toEqual(log);
  });

  test("and is closed, where it opens when nobody waits any more", async () => {
    const [id, log] = await finished();
    const late = Promise.withResolvers<WebSocket>();
    let sockets = 0;
    const client = createClient({
      webSocket: async () => {
        if (sockets++ === 0) return late.promise;
        return (await observeSocket(id)).webSocket;
      },
    });
    const observation = client.observe(id, { transport: "websocket", silenceMs: 200 });
    expect(await all(observation)).toEqual(log);
    // Of a message that goes on: nobody else closes it.
    const { id: running, open } = await play(anthropicText(["Once", { gate: "on" }]));
    const { webSocket } = await observeSocket(running);
    const closed = new Promise((resolve) => webSocket.addEventListener("close", resolve));
    late.resolve(webSocket);
    await closed;
    expect((await status(running)).body.completed_at).toBeNull();
    await open("on");
  });

  async function observeSocket(id: string): Promise<{ webSocket: WebSocket }> {
    const { socket } = await observe("websocket", id);
    if (!socket) throw new Error("no upgrade");
    return { webSocket: socket };
  }
});
