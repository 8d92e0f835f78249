// A run interrupted at each of its moments, by a crash and in good order, and what must come of it,
// as a table. The laws of the log hold for who was there, who resumes and who comes afterwards.

import {
  abortAllDurableObjects,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
} from "cloudflare:test";
import { describe, expect, test } from "vitest";
import type { MessageObject } from "../../src/index.ts";
import {
  cancel,
  connect,
  message,
  objectOf,
  observe,
  remove,
  start,
  status,
  TRANSPORTS,
  type Transport,
} from "../support/client.ts";
import { expectInOrder, expectWhole, parse, textOf } from "../support/laws.ts";
import { Observation, type Told } from "../support/observation.ts";
import { type Playing, prepare } from "../support/play.ts";
import {
  anthropicBlock,
  anthropicEnd,
  anthropicStart,
  anthropicText,
  anthropicToolUse,
  type Step,
} from "../support/script.ts";
import { remains } from "../support/storage.ts";

interface Answer {
  steps: Step[];
  text: string;
}

/** Ten events. */
const TALE: Answer = {
  steps: [
    anthropicStart(),
    ...textBlock(0, "Once"),
    ...textBlock(1, " upon", " a time"),
    ...anthropicEnd(),
  ],
  text: "Once upon a time",
};
const CALL: Answer = { steps: anthropicToolUse("look", { where: "Paris" }), text: "" };
/** What any further request gets. */
const SEQUEL = "Twice told";

/** What the caller wants; the last has an upstream that can go on from a part. */
const WISHES = {
  fail: { on_interrupt: "fail" },
  restart: { on_interrupt: "restart" },
  continue: { on_interrupt: "continue" },
  "continue, able": { on_interrupt: "continue", model: "script-anthropic-continues" },
};
type Wish = keyof typeof WISHES;

interface Fate {
  status: string;
  requests: number;
  /** The text after what was shown; the rest of the first answer, unless said. */
  text?: string;
  seam?: string;
}
const FATES = {
  whole: { status: "completed", requests: 1 },
  again: { status: "completed", requests: 2, text: SEQUEL },
  restart: { status: "completed", requests: 2, text: SEQUEL, seam: "restart" },
  continue: { status: "completed", requests: 2, text: SEQUEL, seam: "continue" },
  error: { status: "error", requests: 1, text: "" },
  cancelled: { status: "cancelled", requests: 1, text: "" },
} satisfies Record<string, Fate>;
/** For each wish, in their order. */
type Fates = [keyof typeof FATES, keyof typeof FATES, keyof typeof FATES, keyof typeof FATES];

const ALL_WHOLE: Fates = ["whole", "whole", "whole", "whole"];
const ALL_CANCELLED: Fates = ["cancelled", "cancelled", "cancelled", "cancelled"];
/** Of a crash in the middle of text. */
const MIDWAY: Fates = ["error", "restart", "error", "continue"];

type Interrupt = (playing: Playing) => Promise<unknown>;

const crash: Interrupt = async ({ id }) => {
  await abortAllDurableObjects();
  expect(await runDurableObjectAlarm(objectOf(id))).toBe(true);
};
/** It waits for the run, which therefore is let go on. */
const evict: Interrupt = ({ id, open }) =>
  Promise.all([evictDurableObject(objectOf(id)), open("on")]);

/** When so many events of the answer were shown; and the fates after a crash. */
const MOMENTS: [when: string, answer: Answer, shown: number, fates: Fates][] = [
  ["before the first byte", TALE, 0, ["again", "again", "again", "again"]],
  ["before the first block", TALE, 1, MIDWAY],
  ["before the first word", TALE, 2, MIDWAY],
  ["in a block", TALE, 3, MIDWAY],
  ["between blocks", TALE, 4, MIDWAY],
  ["in a later block", TALE, 6, MIDWAY],
  ["after the last block", TALE, 8, MIDWAY],
  ["before the last word", TALE, 9, ALL_WHOLE],
  ["after the end", TALE, 10, ALL_WHOLE],
  ["in a call", CALL, 3, ["error", "restart", "error", "error"]],
];

type Interruption = [
  what: string,
  answer: Answer,
  shown: number,
  interrupt: Interrupt,
  fates: Fates,
];
const INTERRUPTIONS: Interruption[] = [
  ...MOMENTS.flatMap(([when, answer, shown, fates]): Interruption[] => [
    [`a crash ${when}`, answer, shown, crash, fates],
    [`an eviction ${when}`, answer, shown, evict, ALL_WHOLE],
  ]),
  [
    "a crash before a cancel is written",
    TALE,
    3,
    ({ id }) => crashAfter(id, (object) => void object.cancel()),
    MIDWAY,
  ],
  [
    "a crash before a cancel is answered",
    TALE,
    3,
    ({ id }) => crashAfter(id, cancelAndWrite),
    ALL_CANCELLED,
  ],
  [
    "an eviction during a cancel",
    TALE,
    3,
    ({ id }) => Promise.all([cancel(id), evictDurableObject(objectOf(id))]),
    ALL_CANCELLED,
  ],
];

const ROWS = INTERRUPTIONS.flatMap(([what, answer, count, interrupt, fates]) =>
  (Object.keys(WISHES) as Wish[]).map((wish, at) => {
    const fate = fates[at] as keyof typeof FATES;
    return { what, answer, count, interrupt, wish, fate };
  }),
);

describe.each(TRANSPORTS)("over %s", (transport) => {
  test.for(ROWS)("$what, $wish: $fate", async (row) => {
    const { answer, count, interrupt, wish, fate } = row;
    const playing = await begin(answer, count, WISHES[wish]);
    const { id } = playing;
    const observer = await observe(transport, id);
    const shown = await observer.take(count);
    const [told] = await Promise.all([observer.rest(), interrupt(playing)]);
    const seen = [...shown, ...told];

    const log = [...seen, ...(await resume(transport, id, seen.length))];
    expectWhole(log);
    for (const other of TRANSPORTS) {
      expect(await (await observe(other, id)).rest()).toEqual(log);
    }
    const due: Fate = FATES[fate];
    expect(textOf(log)).toBe(due.text === undefined ? answer.text : textOf(shown) + due.text);
    const seams = parse(log).filter(({ type }) => type === "recovery");
    expect(seams).toMatchObject(due.seam ? [{ mode: due.seam, after: count }] : []);
    const ends = [(await status(id)).body.status, (await message(id)).body.status];
    expect(ends).toEqual([due.status, due.status]);
    expect(await playing.requests()).toBe(due.requests);
  });

  test.for<[string, Interrupt]>([
    [
      "a crash before a delete is written",
      ({ id }) => crashAfter(id, (object) => void object.delete()),
    ],
    [
      "a crash before a delete is answered",
      ({ id }) => crashAfter(id, async (object) => void (await object.delete())),
    ],
    [
      "an eviction during a delete",
      ({ id }) => Promise.all([remove(id), evictDurableObject(objectOf(id))]),
    ],
  ])("%s: asked for again, nothing is left, and the id is free", async ([, interrupt]) => {
    const playing = await begin(TALE, 3);
    const { id, body } = playing;
    const observer = await observe(transport, id);
    const shown = await observer.take(3);
    const [told] = await Promise.all([observer.rest(), interrupt(playing)]);
    expectInOrder([...shown, ...told]);
    expect([204, 404]).toContain((await remove(id)).code);
    expect((await connect(transport, id)).status).toBe(404);
    expect(await remains(id)).toEqual({ tables: [], alarm: null });
    await start(body, { id });
    const anew = await (await observe(transport, id)).rest();
    expectWhole(anew);
    expect(textOf(anew)).toBe(SEQUEL);
  });
});

/** Starts a message whose answer is held after `count` events. */
async function begin({ steps }: Answer, count: number, wish: object = {}): Promise<Playing> {
  const held = [...steps.slice(0, count), { gate: "on" }, ...steps.slice(count)];
  const playing = prepare(held, anthropicText([SEQUEL]));
  await start({ ...playing.body, ...wish }, { id: playing.id });
  await playing.requested();
  return playing;
}

/** Kills the object as soon as `last` was done in it, and brings it back. */
async function crashAfter(
  id: string,
  last: (object: MessageObject, storage: DurableObjectStorage) => void | Promise<void>,
): Promise<void> {
  const dying = runInDurableObject(objectOf(id), async (object, ctx) => {
    const done = last(object, ctx.storage);
    if (done) await done; // without a wait nothing that was done is written
    ctx.abort("crash");
  });
  await expect(dying).rejects.toThrow("crash");
  await runDurableObjectAlarm(objectOf(id));
}

async function cancelAndWrite(object: MessageObject, storage: DurableObjectStorage): Promise<void> {
  await object.cancel();
  await storage.sync();
}

/** What follows for who was told so much: nothing, after the end. */
async function resume(transport: Transport, id: string, after: number): Promise<Told[]> {
  const response = await connect(transport, id, { after });
  return response.status === 204 ? [] : new Observation(response).rest();
}

function textBlock(index: number, ...pieces: string[]): Step[] {
  const deltas = pieces.map((piece) => ({ type: "text_delta", text: piece }));
  return anthropicBlock(index, { type: "text", text: "" }, deltas);
}
