// What an observation is told, and how it is left, over lines that hold.

import { MessageStream } from "@anthropic-ai/sdk/lib/MessageStream";
import { describe, expect, test } from "vitest";
import type { Observed, ObserveOptions } from "../../src/client/client.ts";
import {
  ended,
  observe as observeByHand,
  prompt,
  remove,
  start,
  status,
  TRANSPORTS,
  uniqueId,
} from "../support/client.ts";
import { parse } from "../support/laws.ts";
import { play } from "../support/play.ts";
import { anthropicText, anthropicToolUse } from "../support/script.ts";
import { all, createClient, logStates } from "./here.ts";

const client = createClient();

/** Three events, a gate, four more. */
const HELD = anthropicText(["Once", { gate: "on" }, " upon"]);

async function finished(model = "simulated-5@0"): Promise<string> {
  const id = uniqueId();
  await start(prompt(model), { id });
  await ended(id);
  return id;
}

async function logOf(id: string) {
  const told = await (await observeByHand("sse", id)).rest();
  const events = parse(told);
  return told.map(({ id }, at) => ({ id, event: events[at] }));
}

const observersOf = async (id: string) => (await status(id)).body.metadata.observers;

describe.each(TRANSPORTS)("over %s", (transport) => {
  const observe = (id: string, options?: ObserveOptions) =>
    client.observe(id, { transport, ...options });

  test("everything, live and late, and then the end", async () => {
    const { id, open } = await play(HELD);
    const observed = all(observe(id));
    await open("on");
    const log = await logOf(id);
    expect(log).toHaveLength(7);
    expect(await observed).toEqual(log);
    expect(await all(observe(id))).toEqual(log);
  });

  test("the rest after each event, and nothing after the last", async () => {
    const id = await finished();
    const log = await logOf(id);
    for (const { id: from } of log) {
      const observation = observe(id, { from });
      expect(await all(observation)).toEqual(log.slice(from));
      expect(observation.lastEventId).toBe(log.length);
    }
    expect(await all(observe(id, { from: "now" }))).toEqual([]);
  });

  test("from now, what happens next", async () => {
    const { id, open } = await play(HELD);
    await (await observeByHand("sse", id)).take(3);
    const { states, onState } = logStates();
    const observation = observe(id, { from: "now", onState });
    const observed = all(observation);
    expect(observation.lastEventId).toBeUndefined();
    await expect.poll(() => states.at(-1)?.phase, { interval: 1 }).toBe("live");
    await open("on");
    expect((await observed).map(({ id }) => id)).toEqual([4, 5, 6, 7]);
  });

  test("from a snapshot, what was said in few events, and then each as it comes", async () => {
    const { id, open } = await play(
      anthropicText(["Once", " upon", " a", { gate: "on" }, " time", "."]),
    );
    await (await observeByHand("sse", id)).take(5);
    const observation = observe(id, { from: "snapshot" });
    const observed: Observed[] = [];
    for await (const one of observation) {
      observed.push(one);
      expect(observation.lastEventId).toBe(one.id);
      if (one.id === 5) await open("on");
    }
    expect(observed.map(({ id }) => id)).toEqual([1, 2, 5, 6, 7, 8, 9, 10]);
    expect(observed.slice(3)).toEqual((await logOf(id)).slice(5));
    expect(await observation.text()).toBe("Once upon a time.");
    expect(await observe(id, { from: "snapshot" }).text()).toBe("Once upon a time.");
  });

  test("an id that was kept is where another observation goes on", async () => {
    const id = await finished();
    const log = await logOf(id);
    const observed: Observed[] = [];
    for (let from: number | undefined = 0; from !== undefined && from < log.length; ) {
      const observation = observe(id, { from });
      for await (const one of observation) {
        observed.push(one);
        break;
      }
      from = observation.lastEventId;
    }
    expect(observed).toEqual(log);
  });

  test("the states of its connection", async () => {
    const { words, onState } = logStates();
    await all(observe(await finished(), { onState }));
    expect(words()).toEqual([`connecting ${transport}`, `live ${transport}`, "ended"]);
  });

  test("whoever leaves the loop has left the service", async () => {
    const { id, open } = await play(HELD);
    for await (const { id: seq } of observe(id)) if (seq === 3) break;
    await expect.poll(() => observersOf(id), { interval: 5 }).toBe(0);
    await open("on");
  });

  test("a signal leaves, also while nothing happens, and is what the loop throws", async () => {
    const { id, open } = await play(HELD);
    const leaving = new AbortController();
    const observation = observe(id, { signal: leaving.signal });
    const observed = all(observation);
    await expect.poll(() => observation.lastEventId, { interval: 1 }).toBe(3);
    const reason = new Error("no longer");
    leaving.abort(reason);
    await expect(observed).rejects.toBe(reason);
    await expect(observation.final()).rejects.toBe(reason);
    await expect.poll(() => observersOf(id), { interval: 5 }).toBe(0);
    const { words, onState } = logStates();
    const late = all(observe(id, { signal: leaving.signal, onState }));
    await expect(late).rejects.toBe(reason);
    expect(words()).toEqual(["ended"]); // without asking for anything
    await open("on");
  });

  test("an iterator that is returned ends what it was asked before", async () => {
    const { id, open } = await play(HELD);
    const iterator = observe(id, { from: 3 })[Symbol.asyncIterator]();
    const asked = iterator.next();
    await iterator.return?.();
    expect(await asked).toMatchObject({ done: true });
    await open("on");
  });

  test.for<[status: number, id: () => Promise<string>, ObserveOptions, key: string]>([
    [404, async () => uniqueId(), {}, "acme-key"],
    [404, () => finished(), {}, "globex-key"],
    [401, () => finished(), {}, "wrong"],
    [422, () => finished(), { from: 99 }, "acme-key"],
    [422, () => finished(), { from: Number.NaN }, "acme-key"],
  ])("a refusal with %i is the end", async ([code, id, options, key]) => {
    const { words, onState } = logStates();
    const stranger = createClient({}, key);
    const observation = stranger.observe(await id(), { transport, onState, ...options });
    await expect(all(observation)).rejects.toMatchObject({
      name: "AsyncMessagesError",
      status: code,
      requestId: expect.stringMatching(/^req_/),
    });
    expect(words()).toEqual([`connecting ${transport}`, "ended"]);
  });

  test("a message that is deleted meanwhile has been cancelled, or is no longer found", async () => {
    const { id } = await play(HELD);
    const observation = observe(id);
    const observed = all(observation);
    await expect.poll(() => observation.lastEventId, { interval: 1 }).toBe(3);
    await remove(id);
    const end = observed.then(
      (log) => log.at(-1)?.event.type,
      ({ status }) => status,
    );
    expect(["message_stop", 404]).toContain(await end);
  });

  test("a message that fails tells it last, and has no final form", async () => {
    const id = await finished("simulated-6@0!error");
    const observation = observe(id);
    const log = await all(observation);
    expect(log).toEqual(await logOf(id));
    expect(log.at(-1)?.event).toMatchObject({ type: "error", error: { type: "api_error" } });
    for (const ask of [observation.final(), observe(id).text()]) {
      await expect(ask).rejects.toMatchObject({
        type: "api_error",
        requestId: expect.stringMatching(/^req_/),
      });
    }
  });
});

describe("the whole message", () => {
  test("by itself, beside a loop, and after one", async () => {
    const id = await finished();
    const whole = await client.message(id);
    const { status: _, ...message } = whole;
    expect(await client.observe(id).final()).toEqual(message);
    const beside = client.observe(id);
    const [observed, final] = await Promise.all([all(beside), beside.final()]);
    expect(final).toEqual(message);
    expect(observed).toEqual(await logOf(id));
    expect(await beside.final()).toEqual(message);
    const [block] = message.content;
    expect(await client.observe(id).text()).toBe(block?.type === "text" && block.text);
  });

  test("with the input of a tool", async () => {
    const { id } = await play(anthropicToolUse("weather", { city: "Oslo" }));
    const { content, stop_reason } = await client.observe(id).final();
    expect(stop_reason).toBe("tool_use");
    expect(content).toMatchObject([{ type: "tool_use", input: { city: "Oslo" } }]);
    expect(await client.observe(id).text()).toBe("");
  });

  test("is there for who leaves the loop at the last event, not for who leaves before", async () => {
    const id = await finished();
    for (const [last, isThere] of [
      ["message_stop", true],
      ["message_delta", false],
    ] as const) {
      const observation = client.observe(id);
      for await (const { event } of observation) if (event.type === last) break;
      const final = observation.final().then(
        () => true,
        () => false,
      );
      expect(await final).toBe(isThere);
    }
  });

  test("is not to be had without its beginning", async () => {
    for (const from of [3, "now"] as const) {
      await expect(client.observe("x", { from }).final()).rejects.toBeInstanceOf(TypeError);
    }
  });

  test("an observation is iterated once", async () => {
    const observation = client.observe(await finished());
    await all(observation);
    expect(() => observation[Symbol.asyncIterator]()).toThrow(TypeError);
  });
});

describe("for the official SDK", () => {
  const read = (id: string) =>
    MessageStream.fromReadableStream(client.observe(id).toReadableStream());

  test("its stream, live", async () => {
    const { id, open } = await play(HELD);
    const pieces: string[] = [];
    const stream = read(id).on("text", (piece) => pieces.push(piece));
    await expect.poll(() => pieces, { interval: 1 }).toEqual(["Once"]);
    await open("on");
    const message = await stream.finalMessage();
    const { status: _, ...kept } = await client.message(id);
    expect(message).toMatchObject({ ...kept, content: [{ text: "Once upon" }] });
    expect(pieces).toEqual(["Once", " upon"]);
  });

  test("an error of the message is an error of the stream", async () => {
    const stream = read(await finished("simulated-6@0!error"));
    await expect(stream.finalMessage()).rejects.toThrow("asked to fail");
  });

  test("a refusal is as well", async () => {
    await expect(read(uniqueId()).finalMessage()).rejects.toThrow("not found");
  });

  test("cancelling the stream leaves the service", async () => {
    const { id, open } = await play(HELD);
    const reader = client.observe(id).toReadableStream().getReader();
    await reader.read();
    await expect.poll(() => observersOf(id), { interval: 5 }).toBe(1);
    await reader.cancel();
    await expect.poll(() => observersOf(id), { interval: 5 }).toBe(0);
    await open("on");
  });
});
