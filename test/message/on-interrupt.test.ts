// What a caller can want for a run that is lost half-way: `on_interrupt`.

import { abortAllDurableObjects, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import type { Env } from "../../src/env.ts";
import { MessageObject } from "../../src/index.ts";
import {
  cancel,
  ended,
  message,
  objectOf,
  observe,
  start,
  status,
  TRANSPORTS,
} from "../support/client.ts";
import { foldWithSdk } from "../support/folding.ts";
import { expectWhole, namesOf, parse, textOf } from "../support/laws.ts";
import { type Playing, prepare } from "../support/play.ts";
import { type Answer, anthropicEnd, anthropicText, type Step } from "../support/script.ts";
import { query } from "../support/storage.ts";

type OnInterrupt = "continue" | "restart" | "fail" | undefined;
type Scripts = [Answer | Step[], ...(Answer | Step[])[]];

/** Three events, then nothing more. */
const LOST: Step[] = [...anthropicText(["Once"]).slice(0, 3), { gate: "never" }];
const SILENT: Step[] = [{ gate: "never" }];
const AGAIN = anthropicText(["Twice", " told"]);

async function begin(on_interrupt: OnInterrupt, ...scripts: Scripts): Promise<Playing> {
  const playing = prepare(...scripts);
  await start({ ...playing.body, on_interrupt }, { id: playing.id });
  return playing;
}

/** Kills the run once it has shown `seen` events, and brings the object back. */
async function lose({ id }: Playing, seen: number): Promise<void> {
  await (await observe("sse", id)).take(seen);
  await abortAllDurableObjects();
  expect(await runDurableObjectAlarm(objectOf(id))).toBe(true);
}

describe.each(TRANSPORTS)("over %s", (transport) => {
  test("restart: after what was shown comes the seam, then the whole answer anew", async () => {
    const playing = await begin("restart", LOST, AGAIN);
    const { id, requests } = playing;
    const shown = await (await observe(transport, id)).take(3);
    await lose(playing, 3);
    const log = await (await observe(transport, id)).rest();
    expectWhole(log);
    expect(log.slice(0, 3)).toEqual(shown);
    expect(namesOf(log).slice(3, 6)).toEqual([
      "content_block_stop",
      "recovery",
      "content_block_start",
    ]);
    expect(parse(log)[4]).toEqual({ type: "recovery", mode: "restart", after: 3, attempt: 2 });
    expect(namesOf(log).filter((name) => name === "message_start")).toHaveLength(1);
    expect(await requests()).toBe(2);
  });
});

test("restart: the message holds both, block after block, and what both have cost", async () => {
  const playing = await begin("restart", LOST, AGAIN);
  await lose(playing, 3);
  expect(await ended(playing.id)).toMatchObject({
    status: "completed",
    metadata: { attempts: 2, usage: { input_tokens: 14, output_tokens: 6 }, ignored_fields: [] },
  });
  const both = {
    content: [
      { type: "text", text: "Once" },
      { type: "text", text: "Twice told" },
    ],
    stop_reason: "end_turn",
    usage: { input_tokens: 14, output_tokens: 6 },
  };
  expect((await message(playing.id)).body).toMatchObject(both);
  const log = await (await observe("sse", playing.id)).rest();
  expect(await foldWithSdk(parse(log))).toMatchObject(both);
});

test("restart: what is lost again is started again, each time with its own seam", async () => {
  const playing = await begin("restart", LOST, LOST, AGAIN);
  await lose(playing, 3);
  await lose(playing, 7);
  const log = await (await observe("sse", playing.id)).rest();
  expectWhole(log);
  expect(textOf(log)).toBe("OnceOnceTwice told");
  const seams = parse(log).filter(({ type }) => type === "recovery");
  expect(seams).toMatchObject([
    { after: 3, attempt: 2 },
    { after: 7, attempt: 3 },
  ]);
});

test("restart: not for ever", async () => {
  const playing = await begin("restart", LOST, SILENT);
  await lose(playing, 3);
  for (const count of [2, 3]) {
    await playing.requested(count);
    await lose(playing, 5);
  }
  expect(await ended(playing.id)).toMatchObject({
    status: "error",
    error_message: expect.stringContaining("attempt 3"),
    metadata: { attempts: 3 },
  });
  expect(await playing.requests()).toBe(3);
  const log = await (await observe("sse", playing.id)).rest();
  expectWhole(log);
  expect(textOf(log)).toBe("Once");
});

test("restart: a busy upstream is tried again after the seam, unseen", async () => {
  const busy = { status: 529, headers: { "retry-after-ms": "1" }, steps: [] };
  const playing = await begin("restart", LOST, busy, AGAIN);
  await lose(playing, 3);
  const log = await (await observe("sse", playing.id)).rest();
  expectWhole(log);
  expect(textOf(log)).toBe("OnceTwice told");
  expect((await status(playing.id)).body.metadata.attempts).toBe(3);
});

test("restart: what fails after the seam fails as ever, with all that was said kept", async () => {
  const playing = await begin("restart", LOST, [...AGAIN.slice(0, 3), { cut: true }]);
  await lose(playing, 3);
  const log = await (await observe("sse", playing.id)).rest();
  expectWhole(log);
  expect(log.at(-1)?.event).toBe("error");
  expect((await message(playing.id)).body.content).toMatchObject([
    { text: "Once" },
    { text: "Twice" },
  ]);
});

test("restart: it can be cancelled after the seam", async () => {
  const playing = await begin("restart", LOST, LOST);
  await lose(playing, 3);
  await (await observe("sse", playing.id)).take(7);
  expect((await cancel(playing.id)).body.status).toBe("cancelled");
  await playing.aborted();
  const log = await (await observe("sse", playing.id)).rest();
  expectWhole(log);
  expect((await message(playing.id)).body).toMatchObject({
    stop_reason: "cancelled",
    content: [{ text: "Once" }, { text: "Once" }],
  });
});

test("restart: under settings that are faulty by then it comes to an end that names the setting", async () => {
  const { id } = await begin("restart", LOST);
  await (await observe("sse", id)).take(3);
  await abortAllDurableObjects();
  await runInDurableObject(objectOf(id), async (_, ctx) => {
    const object = new MessageObject(ctx, { ...env, MAX_TURNS: "some" } as unknown as Env);
    await object.alarm();
    await expect
      .poll(() => object.status(), { interval: 5 })
      .toMatchObject({ status: "error", error_message: expect.stringContaining("MAX_TURNS") });
  });
  await abortAllDurableObjects();
  const log = await (await observe("sse", id)).rest();
  expect(namesOf(log).slice(3)).toEqual(["content_block_stop", "recovery", "error"]);
});

// `continue` needs an upstream that can go on from a part: this one's settings do not say that it can.
test.for<OnInterrupt>(["fail", "continue", undefined])(
  "%s: a run that had shown something ends in an error",
  async (onInterrupt) => {
    const playing = await begin(onInterrupt, LOST, AGAIN);
    await lose(playing, 3);
    const log = await (await observe("sse", playing.id)).rest();
    expect(namesOf(log).slice(3)).toEqual(["content_block_stop", "error"]);
    expect(await playing.requests()).toBe(1);
  },
);

test.for<OnInterrupt>(["fail", "continue", "restart"])(
  "%s: a run that had shown nothing starts again, without a seam",
  async (onInterrupt) => {
    const playing = await begin(onInterrupt, SILENT, AGAIN);
    await playing.requested();
    await lose(playing, 0);
    const log = await (await observe("sse", playing.id)).rest();
    expectWhole(log);
    expect(namesOf(log)).not.toContain("recovery");
    expect(textOf(log)).toBe("Twice told");
  },
);

test.for<OnInterrupt>(["fail", "continue", "restart"])(
  "%s: a message that lacks only its last word is given it",
  async (onInterrupt) => {
    const all = anthropicText(["Once"]).slice(0, -2);
    const playing = await begin(onInterrupt, [
      ...all,
      anthropicEnd()[0] as Step,
      { gate: "never" },
    ]);
    await lose(playing, 5);
    const log = await (await observe("sse", playing.id)).rest();
    expect(namesOf(log).slice(4)).toEqual(["message_delta", "message_stop"]);
    expect(await ended(playing.id)).toMatchObject({
      status: "completed",
      metadata: { stop_reason: "end_turn", usage: { input_tokens: 7, output_tokens: 5 } },
    });
    expect(await playing.requests()).toBe(1);
    expect(await query(playing.id, "SELECT * FROM request")).toEqual([]);
  },
);

test.for<OnInterrupt>(["fail", "continue", "restart"])(
  "%s: an object that comes back to settings that are faulty ends what it had begun",
  async (onInterrupt) => {
    const { id } = await begin(onInterrupt, LOST, AGAIN);
    await (await observe("sse", id)).take(3);
    await abortAllDurableObjects();
    await runInDurableObject(objectOf(id), (_, ctx) => {
      const faulty = { ...env, FLUSH_INTERVAL_MS: "soon" } as unknown as Env;
      return new MessageObject(ctx, faulty).alarm();
    });
    const state = async () => (await query(id, "SELECT state FROM message"))[0]?.state;
    await expect.poll(state, { interval: 5 }).toContain('"status":"error"');
  },
);
