// Going on with a partial answer, where the upstream can: `on_interrupt: "continue"`.

import { abortAllDurableObjects, runDurableObjectAlarm } from "cloudflare:test";
import { expect, test } from "vitest";
import { ended, message, objectOf, observe, start } from "../support/client.ts";
import { expectWhole, namesOf, parse, textOf } from "../support/laws.ts";
import { type Playing, prepare } from "../support/play.ts";
import { type Answer, anthropicText, anthropicToolUse, type Step } from "../support/script.ts";

const LOST: Step[] = [...anthropicText(["Once", " upon "]).slice(0, 4), { gate: "never" }];

async function begin(...scripts: [Answer | Step[], ...(Answer | Step[])[]]): Promise<Playing> {
  const playing = prepare(...scripts);
  const body = { ...playing.body, model: "script-anthropic-continues", max_tokens: 100 };
  await start(body, { id: playing.id });
  return playing;
}

async function lose({ id }: Playing, seen: number): Promise<void> {
  await (await observe("sse", id)).take(seen);
  await abortAllDurableObjects();
  expect(await runDurableObjectAlarm(objectOf(id))).toBe(true);
}

test("it goes on where it was, after a seam, and repeats nothing", async () => {
  const playing = await begin(LOST, anthropicText([" a", " time"]));
  await lose(playing, 4);
  const log = await (await observe("websocket", playing.id)).rest();
  expectWhole(log);
  expect(textOf(log)).toBe("Once upon a time");
  expect(namesOf(log).slice(4, 7)).toEqual([
    "content_block_stop",
    "recovery",
    "content_block_start",
  ]);
  expect(parse(log)[5]).toEqual({ type: "recovery", mode: "continue", after: 4, attempt: 2 });
  const { requests } = await playing.requested(2);
  expect(requests[1]?.body).toMatchObject({
    messages: [...playing.body.messages, { role: "assistant", content: "Once upon" }],
    max_tokens: 98,
  });
  expect(await ended(playing.id)).toMatchObject({
    status: "completed",
    metadata: { attempts: 2, usage: { input_tokens: 14, output_tokens: 7 } },
  });
  expect((await message(playing.id)).body.content).toMatchObject([
    { text: "Once upon " },
    { text: "a time" },
  ]);
});

test("lost twice, it goes on from all that was said", async () => {
  const second = [...anthropicText([" a", " dark "]).slice(0, 4), { gate: "never" }];
  const playing = await begin(LOST, second, anthropicText(["night"]));
  await lose(playing, 4);
  await lose(playing, 9);
  const log = await (await observe("sse", playing.id)).rest();
  expectWhole(log);
  expect(textOf(log)).toBe("Once upon a dark night");
  const { requests } = await playing.requested(3);
  expect(requests[2]?.body.messages).toEqual([
    ...playing.body.messages,
    { role: "assistant", content: "Once upon a dark" },
  ]);
});

test("a call that was cut off is not gone on with", async () => {
  const cut = [...anthropicToolUse("look", { where: "Paris" }).slice(0, 3), { gate: "never" }];
  const playing = await begin(cut as Step[], anthropicText(["no"]));
  await lose(playing, 3);
  const log = await (await observe("sse", playing.id)).rest();
  expect(namesOf(log).slice(3)).toEqual(["content_block_stop", "error"]);
});

test("a beginning without text is gone on with from nothing", async () => {
  const playing = await begin([...LOST.slice(0, 1), { gate: "never" }], anthropicText(["all"]));
  await lose(playing, 1);
  const log = await (await observe("sse", playing.id)).rest();
  expectWhole(log);
  expect(textOf(log)).toBe("all");
});
