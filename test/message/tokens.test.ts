// Watching with a token: what it hides, what it lets a socket do, and how a connection ends with it.

import { abortAllDurableObjects, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Env } from "../../src/env.ts";
import { MessageObject } from "../../src/index.ts";
import { decodeBase64Url } from "../../src/lib/base64url.ts";
import { hideLogged, type Part } from "../../src/protocol/hiding.ts";
import {
  cancel,
  ended,
  message,
  objectOf,
  observe,
  revoke,
  start,
  status,
  TRANSPORTS,
  type Transport,
  tokenFor,
} from "../support/client.ts";
import { findOffence, foldWithSdk } from "../support/folding.ts";
import { bare } from "../support/http.ts";
import { expectInOrder, expectWhole, parse, textOf } from "../support/laws.ts";
import type { Ended, Observation, Told } from "../support/observation.ts";
import { LINGER, play, prepare } from "../support/play.ts";
import {
  anthropicBlock,
  anthropicEnd,
  anthropicStart,
  anthropicText,
  type Step,
} from "../support/script.ts";

afterEach(() => {
  vi.useRealTimers();
});

/** Three events, a gate, four more. */
const HELD = anthropicText(["Once", { gate: "on" }, " upon"]);

const SECRET = "hunter2";
/** All that can be hidden, a gate in the midst of it. */
const TELLING: Step[] = [
  anthropicStart(),
  ...anthropicBlock(0, { type: "thinking", thinking: "", signature: "" }, [
    { type: "thinking_delta", thinking: `${SECRET}, so` },
    { gate: "on" },
    { type: "thinking_delta", thinking: ` ${SECRET}` },
    { type: "signature_delta", signature: SECRET },
  ]),
  ...anthropicBlock(1, { type: "redacted_thinking", data: SECRET }, []),
  ...anthropicBlock(2, { type: "text", text: "" }, [{ type: "text_delta", text: "Once" }]),
  ...anthropicBlock(3, { type: "tool_use", id: "toolu_1", name: "look", input: {} }, [
    { type: "input_json_delta", partial_json: `{"where": "${SECRET}` },
    { type: "input_json_delta", partial_json: `"}` },
  ]),
  ...anthropicEnd("tool_use"),
];

/** How a connection is ended that a token had opened. */
const OVER: Record<Transport, (why: string) => Ended> = {
  sse: () => ({ kind: "broken" }),
  websocket: (reason) => ({ kind: "closed", code: 4401, reason }),
};

function hide(told: readonly Told[], parts: readonly Part[]): Told[] {
  return told.map(({ id, event, data }) => {
    return { id, event, data: hideLogged({ seq: id, type: event, data }, parts).data };
  });
}

const WISHES: Part[][] = [["thinking"], ["tool_input"], ["thinking", "tool_input"]];

describe.each(TRANSPORTS)("over %s", (transport) => {
  test.for(WISHES.map((hide) => ({ hide })))(
    "%j keeps it from that holder alone, live and replayed, from every position",
    async ({ hide: parts }) => {
      const { id, open } = await play(TELLING);
      const key = await tokenFor(id, { hide: parts });
      const [own, live] = await Promise.all([
        observe(transport, id),
        observe(transport, id, { key }),
      ]);
      const begun = await Promise.all([own.take(3), live.take(3)]);
      await open("on");
      const log = [...begun[0], ...(await own.rest())];
      const shown = [...begun[1], ...(await live.rest())];
      expectWhole(log);
      expectWhole(shown);
      expect(shown).toEqual(hide(log, parts));
      expect(JSON.stringify(shown).includes(SECRET)).toBe(parts.length < 2);
      for (const after of [0, 1, 3, 6, log.length - 1]) {
        const replay = await (await observe(transport, id, { key, after })).rest();
        expect(replay).toEqual(shown.slice(after));
      }
      expect(await (await observe(transport, id)).rest()).toEqual(log);
    },
  );

  test("what is left folds, here and by the official SDK, to the same", async () => {
    const { id, open } = await play(TELLING);
    await open("on");
    await ended(id);
    const key = await tokenFor(id, { hide: ["thinking", "tool_input"] });
    const events = parse(await (await observe(transport, id, { key })).rest());
    expect(findOffence(events)).toBeUndefined();
    const content = [
      { type: "thinking", thinking: "", signature: "" },
      { type: "redacted_thinking", data: "" },
      { type: "text", text: "Once" },
      { type: "tool_use", id: "toolu_1", name: "look", input: {} },
    ];
    expect((await foldWithSdk(events)).content).toEqual(content);
    expect((await message(id, { key })).body.content).toEqual(content);
    expect(JSON.stringify((await message(id)).body)).toContain(SECRET);
  });

  test("revoking ends the connections that tokens opened, and no others", async () => {
    const { id, open } = await play(HELD);
    const [one, two] = [await tokenFor(id), await tokenFor(id, { scope: "control" })];
    const held = await Promise.all([one, one, two].map((key) => observe(transport, id, { key })));
    const own = await observe(transport, id);
    await Promise.all([...held, own].map((observer) => observer.take(3)));
    await revoke(id);
    for (const observer of held) {
      expect(await observer.rest()).toEqual([]);
      expect(await observer.ended).toEqual(OVER[transport]("revoked"));
    }
    expect((await status(id)).body.metadata.observers).toBe(1);
    const later = await observe(transport, id, { key: await tokenFor(id), after: 3 });
    await open("on");
    expectWhole(await own.rest(), 3);
    expectWhole(await later.rest(), 3);
  });

  test("a connection ends when its token does, though nothing happens", async () => {
    const { id } = await play(anthropicText(["Once", ...LINGER]));
    const lasting = [
      await observe(transport, id),
      await observe(transport, id, { key: await tokenFor(id) }),
    ];
    await Promise.all(lasting.map((one) => one.take(3)));
    const before = Date.now();
    const key = await tokenFor(id, { expires_in: 2 });
    const observer = await observe(transport, id, { key });
    await observer.take(3);
    expect(await observer.rest()).toEqual([]);
    expect(await observer.ended).toEqual(OVER[transport]("expired"));
    expect(Date.now() - before).toBeLessThan(10_000);
    expect((await status(id)).body.metadata.observers).toBe(2);
    await expect(observe(transport, id, { key })).rejects.toThrow("401");
    await cancel(id);
    for (const one of lasting) expectWhole(await one.rest(), 3);
  });

  test("who does not read is let go as well", async () => {
    const { id } = await play(anthropicText(["x".repeat(3_000_000), ...LINGER]));
    const key = await tokenFor(id);
    const observer = await observe(transport, id, { key });
    await (await observe("sse", id)).take(3);
    await revoke(id);
    expect((await status(id)).body.metadata.observers).toBe(1);
    const told = await observer.rest();
    expectInOrder(told);
    expect(told.length).toBeLessThanOrEqual(3);
    expect((await observer.ended).kind).toBe(transport === "sse" ? "broken" : "closed");
  });

  test("a message that ends, ends in the usual way", async () => {
    const { id, open } = await play(HELD);
    const observer = await observe(transport, id, { key: await tokenFor(id) });
    await open("on");
    expectWhole(await observer.rest());
    expect(await observer.ended).toMatchObject({ kind: "closed" });
  });
});

describe("a socket", () => {
  const CANCEL = '{"type":"cancel"}';

  async function watching(
    wish: object,
  ): Promise<{ id: string; observer: Observation; open: () => Promise<void> }> {
    const { id, open } = await play(HELD);
    const observer = await observe("websocket", id, { key: await tokenFor(id, wish) });
    await observer.take(3);
    return { id, observer, open: () => open("on") };
  }

  test("that may observe and says cancel is closed with 4403; the message goes on", async () => {
    const { id, observer, open } = await watching({ scope: "observe" });
    observer.socket?.send(CANCEL);
    expect(await observer.rest()).toEqual([]);
    expect(await observer.ended).toMatchObject({
      code: 4403,
      reason: expect.stringContaining("cancel"),
    });
    await open();
    expect((await ended(id)).status).toBe("completed");
  });

  test("that may control cancels", async () => {
    const { id, observer } = await watching({ scope: "control" });
    observer.socket?.send(CANCEL);
    expectWhole(await observer.rest(), 3);
    expect((await status(id)).body.status).toBe("cancelled");
  });

  test("is closed with 4400 for what nobody understands, whatever it may", async () => {
    for (const scope of ["observe", "control"]) {
      const { observer } = await watching({ scope });
      observer.socket?.send("{}");
      await observer.rest();
      expect(await observer.ended).toMatchObject({ code: 4400 });
    }
  });

  test("whose token was revoked is not obeyed, though its close is still on the way", async () => {
    const { id, observer, open } = await watching({ scope: "control" });
    await runInDurableObject(objectOf(id), async (object, ctx) => {
      await object.revokeTokens();
      const [socket] = ctx.getWebSockets();
      if (socket) object.webSocketMessage(socket, CANCEL);
    });
    await observer.rest();
    expect(await observer.ended).toMatchObject({ code: 4401 });
    await open();
    expect((await ended(id)).status).toBe("completed");
  });

  /** Has `look` at the object's next life, which finds the sockets of the one before. */
  async function reborn(
    { wish, after }: { wish: object; after: number },
    look: (object: MessageObject, socket: WebSocket) => void,
  ): Promise<Observation> {
    const { id, body, requested } = prepare(TELLING, LINGER);
    await start({ ...body, on_interrupt: "restart" }, { id });
    const observer = await observe("websocket", id, { key: await tokenFor(id, wish) });
    await observer.take(3);
    await runInDurableObject(objectOf(id), async (_, ctx) => {
      const [socket] = ctx.getWebSockets() as [WebSocket];
      socket.serializeAttachment({ after });
      const object = new MessageObject(ctx, env as unknown as Env);
      look(object, socket);
      await requested(2);
      expect(await object.status()).toMatchObject({ status: "processing" });
      await object.cancel();
    });
    return observer;
  }

  describe("that outlives its object", () => {
    test.for(WISHES.map((hide) => ({ hide })))("is still not shown %j", async (wish) => {
      const observer = await reborn({ wish, after: 0 }, (object) => void object.status());
      const told = await observer.rest();
      expectWhole(told);
      expect(JSON.stringify(told).includes(SECRET)).toBe(!wish.hide.includes("thinking"));
    });

    test("still may not cancel", async () => {
      const wish = { scope: "observe" };
      const observer = await reborn({ wish, after: 3 }, (object, socket) => {
        object.webSocketMessage(socket, CANCEL);
      });
      await observer.rest();
      expect(await observer.ended).toMatchObject({ code: 4403 });
    });

    test("is closed, and told nothing, where its token has ended meanwhile", async () => {
      const wish = { expires_in: 60 };
      const observer = await reborn({ wish, after: 0 }, (object) => {
        vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 60_000 });
        void object.status();
      });
      expect(await observer.rest()).toEqual([]);
      expect(await observer.ended).toMatchObject({ code: 4401 });
    });
  });
});

test("tokens and their end survive the object", async () => {
  const { id } = await play(HELD);
  const [old, key] = [await tokenFor(id), (await revoke(id)) && (await tokenFor(id))];
  await abortAllDurableObjects();
  expect((await status(id, { key: old })).code).toBe(401);
  expect((await status(id, { key })).code).toBe(200);
});

test("what a token hides cannot be asked for in the header that tells the object of it", async () => {
  const { id, open } = await play(TELLING);
  await open("on");
  await ended(id);
  const key = await tokenFor(id, { hide: ["thinking", "tool_input"] });
  const [, , , , expiresAt, epoch] = JSON.parse(decodeBase64Url(key.split(".")[1] ?? ""));
  const grant = JSON.stringify({ scope: "control", hide: [], expiresAt, epoch });
  for (const path of ["", "/stream"]) {
    const headers = { authorization: `Bearer ${key}`, grant };
    const response = await bare("GET", `/v1/messages/async/${id}${path}`, { headers });
    expect(response.status).toBe(200);
    expect(await response.text()).not.toContain(SECRET);
  }
});

test("a token of scope control cancels, once", async () => {
  const { id, aborted } = await play(anthropicText(["Once", ...LINGER]));
  const key = await tokenFor(id, { scope: "control" });
  await (await observe("sse", id, { key })).take(3);
  const { code, body } = await cancel(id, { key });
  expect([code, body.status]).toEqual([200, "cancelled"]);
  await aborted();
  expect(textOf(await (await observe("sse", id, { key })).rest())).toBe("Once");
});

test.for([
  "/events?offset=-1",
  "/events?offset=-1&live=sse",
  "/stream?from=snapshot",
  "/stream?format=openai",
  "/stream?format=ui-message-stream",
  "",
])("what is hidden is hidden however the message is read: %s", async (path) => {
  const { id, open } = await play(TELLING);
  await open("on");
  await ended(id);
  const key = await tokenFor(id, { hide: ["thinking", "tool_input"] });
  for (const [credential, shows] of [
    [key, false],
    ["acme-key", true],
  ] as const) {
    const headers = { authorization: `Bearer ${credential}` };
    const response = await bare("GET", `/v1/messages/async/${id}${path}`, { headers });
    expect(response.status).toBe(200);
    expect((await response.text()).includes(SECRET)).toBe(shows);
  }
});
