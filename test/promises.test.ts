// What the README promises, in its order, from outside, over each transport. The finer print of each
// promise is in message/.

import { abortAllDurableObjects, runDurableObjectAlarm } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import {
  cancel,
  connect,
  ended,
  message,
  objectOf,
  observe,
  prompt,
  remove,
  send,
  start,
  status,
  TRANSPORTS,
  uniqueId,
} from "./support/client.ts";
import { expectInOrder, expectWhole, namesOf, textOf } from "./support/laws.ts";
import { Observation } from "./support/observation.ts";
import { LINGER, play, prepare } from "./support/play.ts";
import { anthropicText } from "./support/script.ts";

/** Three events, a gate, four more. */
const HELD = anthropicText(["Once", { gate: "on" }, " upon"]);

describe("it runs by itself", () => {
  test("starting answers before the upstream does", async () => {
    const { id, open, requested } = await play([{ gate: "on" }, ...anthropicText(["late"])]);
    expect((await status(id)).body.completed_at).toBeNull();
    await requested();
    await open("on");
    expect((await ended(id)).status).toBe("completed");
  });

  test("a message that nobody watches completes", async () => {
    const id = uniqueId();
    const { code, body } = await start(prompt("simulated-30@0"), { id });
    expect([code, body.message_id, body.status]).toEqual([200, id, "pending"]);
    expect((await ended(id)).metadata).toMatchObject({ observers: 0, last_event_id: 35 });
  });

  test.for(TRANSPORTS)("closing the only connection stops nothing (%s)", async (transport) => {
    const { id, open } = await play(HELD);
    const observer = await observe(transport, id);
    await observer.take(3);
    await observer.close();
    await open("on");
    expect((await ended(id)).status).toBe("completed");
    expect(textOf(await (await observe(transport, id)).rest())).toBe("Once upon");
  });
});

describe("everybody sees the same", () => {
  test.for(TRANSPORTS)("early, in the middle or late, all of it (%s)", async (transport) => {
    const { id, open } = await play([{ gate: "first" }, ...HELD]);
    const early = await observe(transport, id);
    await open("first");
    const begun = await early.take(3);
    const middle = await observe(transport, id);
    expect(await middle.take(3)).toEqual(begun);
    await open("on");
    const log = [...begun, ...(await early.rest())];
    expectWhole(log);
    expect(textOf(log)).toBe("Once upon");
    expect([...begun, ...(await middle.rest())]).toEqual(log);
    expect(await (await observe(transport, id)).rest()).toEqual(log);
  });

  test("over both transports, byte for byte", async () => {
    const id = uniqueId();
    await start(
      {
        ...prompt("simulated-60@600"),
        thinking: { type: "enabled", budget_tokens: 1024 },
        max_tokens: 2000,
      },
      { id },
    );
    const observers = await Promise.all(TRANSPORTS.map((transport) => observe(transport, id)));
    const [sse, socket] = await Promise.all(observers.map((observer) => observer.rest()));
    expect(sse).toEqual(socket);
    expectWhole(sse ?? []);
    expect(new Set(namesOf(sse ?? [])).size).toBe(6);
  });

  test.for(TRANSPORTS)("after any interruption, the exact rest (%s)", async (transport) => {
    const id = uniqueId();
    await start(prompt("simulated-20@0"), { id });
    const log = await (await observe(transport, id)).rest();
    for (const { id: after } of log.slice(0, -1)) {
      expect(await (await observe(transport, id, { after })).rest()).toEqual(log.slice(after));
    }
  });
});

describe("written, then shown", () => {
  test.for(TRANSPORTS)("a crash takes back nothing that was seen (%s)", async (transport) => {
    const { id } = await play(HELD);
    const observer = await observe(transport, id);
    const shown = await observer.take(3);
    await abortAllDurableObjects();
    expect(await observer.rest()).toEqual([]);
    const log = await (await observe(transport, id)).rest();
    expect(log.slice(0, 3)).toEqual(shown);
    expectWhole(log);
  });
});

describe("one end", () => {
  const ENDS = {
    completed: [prompt("simulated-5@0"), "message_stop"],
    error: [prompt("simulated-6@0!error"), "error"],
    cancelled: [prompt("simulated-5@0+9000ms"), "message_stop"],
  } as const;

  test.for(TRANSPORTS)("status and log say the same (%s)", async (transport) => {
    for (const [end, [body, last]] of Object.entries(ENDS)) {
      const id = uniqueId();
      await start(body, { id });
      if (end === "cancelled") await cancel(id);
      const observer = await observe(transport, id);
      const log = await observer.rest();
      expectWhole(log);
      expect(log.at(-1)?.event).toBe(last);
      expect((await observer.ended).kind).toBe("closed");
      expect((await status(id)).body.status).toBe(end);
      expect((await message(id)).body.status).toBe(end);
    }
  });

  test("whichever comes first, the end of the upstream or the cancel", async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 26 }, async (_, seen) => {
        const id = uniqueId();
        await start(prompt("simulated-20@20"), { id });
        const observer = await observe("websocket", id);
        const before = await observer.take(seen);
        const answered = (await cancel(id)).body.status;
        const log = [...before, ...(await observer.rest())];
        expectWhole(log);
        const was = log.some(({ data }) => data.includes('"cancelled"'))
          ? "cancelled"
          : "completed";
        expect([answered, (await status(id)).body.status]).toEqual([was, was]);
        return was;
      }),
    );
    expect(new Set(outcomes)).toEqual(new Set(["cancelled", "completed"]));
  });
});

describe("stop stops", () => {
  test.for(TRANSPORTS)("upstream is left, the partial is kept (%s)", async (transport) => {
    const { id, aborted } = await play(anthropicText(["Once", ...LINGER]));
    const observer = await observe(transport, id);
    await observer.take(3);
    const { code, body } = await cancel(id);
    expect([code, body.status]).toEqual([200, "cancelled"]);
    await aborted();
    await abortAllDurableObjects(); // what was answered is durable
    expect((await message(id)).body).toMatchObject({
      status: "cancelled",
      stop_reason: "cancelled",
      content: [{ type: "text", text: "Once" }],
    });
  });
});

describe("twice is once", () => {
  test("ten starts at once run once; with another body it is taken", async () => {
    const { id, body, requests } = prepare(anthropicText(["once"]));
    const replies = await Promise.all(Array.from({ length: 10 }, () => start(body, { id })));
    expect(replies.map(({ code }) => code)).toEqual(replies.map(() => 200));
    await ended(id);
    expect((await start(body, { id })).body.status).toBe("completed");
    expect(await requests()).toBe(1);
    const other = await start({ ...body, temperature: 0.5 }, { id });
    expect([other.code, other.headers.get("x-should-retry")]).toEqual([409, "false"]);
  });
});

describe("nothing hangs", () => {
  test.for(TRANSPORTS)("a silent upstream ends in an error (%s)", async (transport) => {
    const { id, aborted } = await play(HELD);
    const log = await (await observe(transport, id)).rest();
    expectWhole(log);
    expect(log.at(-1)?.data).toContain("The upstream sent nothing for 5 seconds.");
    await aborted();
  });

  test("a run that died ends, without anybody asking for it", async () => {
    const { id } = await play(HELD);
    await (await observe("websocket", id)).take(3);
    await abortAllDurableObjects();
    expect(await runDurableObjectAlarm(objectOf(id))).toBe(true);
    expect((await status(id)).body.status).toBe("error");
  });

  test("a run that died before it had shown anything starts again", async () => {
    const { id, requested } = await play([{ gate: "never" }], anthropicText(["at last"]));
    await requested();
    await abortAllDurableObjects();
    expect(await runDurableObjectAlarm(objectOf(id))).toBe(true);
    expect(textOf(await (await observe("sse", id)).rest())).toBe("at last");
  });
});

describe("slow readers hurt nobody", () => {
  test.for(TRANSPORTS)("one that has stopped holds up no other (%s)", async (transport) => {
    const id = uniqueId();
    await start(prompt("simulated-60000@0+100ms"), { id }); // 8 MB: more than lies between us
    const stopped = await connect(transport, id); // nobody reads from it
    const log = await (await observe(transport, id)).rest();
    expectWhole(log);
    expect((await status(id)).body).toMatchObject({
      status: "completed",
      metadata: { observers: 1 },
    });
    expect(await new Observation(stopped).rest()).toEqual(log);
  });
});

describe("bad input is named", () => {
  test("every fault with its path, and nothing is stored", async () => {
    const id = uniqueId();
    const { code, body } = await start({ model: "nobody", messages: [], top_p: 7 }, { id });
    expect(code).toBe(422);
    const paths = Array.isArray(body.detail) && body.detail.map(({ loc }) => loc.join("."));
    expect(paths).toEqual(expect.arrayContaining(["body.model", "body.messages", "body.top_p"]));
    expect((await status(id)).code).toBe(404);
  });
});

describe("nobody else gets in", () => {
  test.for(TRANSPORTS)("not without a key, nor to another tenant's (%s)", async (transport) => {
    const { id } = await play(HELD);
    for (const [key, code] of [
      ["wrong-key", 401],
      ["globex-key", 404],
    ] as const) {
      const replies = [
        await connect(transport, id, { key }),
        await send("GET", `/v1/messages/async/${id}/status`, { key }),
        await send("POST", `/v1/messages/async/${id}/cancel`, { key }),
        await send("DELETE", `/v1/messages/async/${id}`, { key }),
      ];
      expect(replies.map((reply) => reply.status)).toEqual(replies.map(() => code));
    }
    expect((await status(id)).body.completed_at).toBeNull();
  });
});

describe("gone is gone", () => {
  test.for(TRANSPORTS)(
    "a deleted message ends for all, and its id is free (%s)",
    async (transport) => {
      const { id, body, aborted } = await play(
        anthropicText(["Once", ...LINGER]),
        anthropicText(["anew"]),
      );
      const observer = await observe(transport, id);
      await observer.take(3);
      expect((await remove(id)).code).toBe(204);
      await aborted();
      expectInOrder(await observer.rest(), 3);
      expect((await status(id)).code).toBe(404);
      expect((await start(body, { id })).code).toBe(200);
      const log = await (await observe(transport, id)).rest();
      expectWhole(log);
      expect(textOf(log)).toBe("anew");
    },
  );
});
