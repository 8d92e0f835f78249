// A message that nobody asks about until the end of the soak: whatever became of it, it must have
// ended by itself long before it is looked at, since looking would wake its object.

import type { Dice } from "./dice.ts";
import { choosePlot, type Plot } from "./plot.ts";
import type { Stage } from "./stage.ts";
import { start } from "./starting.ts";
import { Truth } from "./truth.ts";
import { judge, type Kept } from "./verdict.ts";

/** A run that died is found within 30 s, and runs once more. */
const MAX_UNNOTICED_MS = 45_000;
/** Clocks are read on both sides of an answer. */
const SLACK_MS = 250;

export interface Ghost {
  truth: Truth;
  plot: Plot;
}

export async function begin(stage: Stage, id: string, dice: Dice): Promise<Ghost | undefined> {
  const plot = choosePlot(dice);
  stage.figures.count(`plot ${plot.name}`);
  stage.figures.count("unwatched begun");
  const truth = new Truth(id, stage.findings);
  return (await start(stage, truth, plot.body, 1)) ? { truth, plot } : undefined;
}

export async function find(
  stage: Stage,
  { truth, plot }: Ghost,
  dice: Dice,
): Promise<Kept | undefined> {
  const { caller, figures, world } = stage;
  const lookedAt = Date.now();
  const path = `/v1/messages/async/${truth.id}/status`;
  const answer = await caller.ask({ path, expect: [200], messageId: truth.id });
  const leftAlone = lookedAt - Math.max(truth.startedAt, world.lastRestart);
  if (answer && leftAlone >= MAX_UNNOTICED_MS) {
    figures.count("unwatched ended by themselves");
    const completedAt = answer.json.completed_at as string | null;
    if (completedAt === null || Date.parse(completedAt) > lookedAt - SLACK_MS) {
      const what = `${plot.name}: left alone for ${leftAlone} ms, it ended at ${completedAt}`;
      truth.broken("nothing hangs", `${what}, when it was looked at`);
    }
  }
  return judge(stage, truth, plot, dice);
}
