// Starting a message: by one caller or by several at once, who all must be told of the same one.

import type { Answer } from "./caller.ts";
import type { Dice } from "./dice.ts";
import type { Body } from "./plot.ts";
import type { Stage } from "./stage.ts";
import type { Truth } from "./truth.ts";

const STARTED = "Message started.";

/** False where nobody got through. */
export async function start(
  stage: Stage,
  truth: Truth,
  body: Body,
  callers: number,
): Promise<boolean> {
  const { caller, world, figures } = stage;
  const call = toCall(truth.id, body, [200]);
  const answers = await Promise.all(Array.from({ length: callers }, () => caller.ask(call)));
  const got = answers.filter((answer): answer is Answer => answer !== undefined);
  if (callers > 1) figures.count("repeated starts", callers - 1);
  const isCalm = !world.disturbed(truth.startedAt);
  for (const { ms } of got) {
    figures.count("starts");
    if (isCalm) figures.time("start", ms);
  }
  const first = got.filter(({ json }) => json.message === STARTED).length;
  const isRight = isCalm ? first === 1 && got.length === callers : first <= 1;
  if (!isRight) truth.broken("twice is once", `${first} of ${got.length} calls started it`);
  return got.length > 0;
}

/** Of a message that is there: the same body finds it, another is refused. */
export async function startAgain(
  { caller, figures }: Stage,
  truth: Truth,
  body: Body,
  dice: Dice,
): Promise<void> {
  if (dice.chance(0.5)) {
    figures.count("starts with another body");
    await caller.ask(toCall(truth.id, { ...body, temperature: 0.5 }, [409]));
    return;
  }
  figures.count("repeated starts");
  const answer = await caller.ask(toCall(truth.id, body, [200]));
  if (answer?.json.message === STARTED) truth.broken("twice is once", "it was started twice");
}

export function toCall(id: string, body: Body, expect: number[]) {
  const path = `/v1/messages/async?message_id=${id}`;
  return { method: "POST" as const, path, body, expect, messageId: id };
}
