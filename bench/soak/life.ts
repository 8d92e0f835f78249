// The life of one message: started, watched, stopped or deleted, and judged when it is over.

import { setTimeout as delay } from "node:timers/promises";
import { aborted, seen } from "../../test/support/script.ts";
import { readSocket } from "./connection.ts";
import type { Dice } from "./dice.ts";
import { Observer } from "./observer.ts";
import { choosePlot, type Plot } from "./plot.ts";
import type { Stage } from "./stage.ts";
import { start, startAgain } from "./starting.ts";
import { Truth } from "./truth.ts";
import { judge, type Kept } from "./verdict.ts";
import { within } from "./within.ts";

const MAX_OBSERVERS = 5;

export async function live(stage: Stage, id: string, dice: Dice): Promise<Kept | undefined> {
  const plot = choosePlot(dice);
  stage.figures.count(`plot ${plot.name}`);
  const truth = new Truth(id, stage.findings);
  if (!(await start(stage, truth, plot.body, dice.pick([1, 1, 2, 4])))) return undefined;

  const watching = observers(stage, truth, plot, dice);
  const fates = ["end", "end", "end", "end", "cancel", "delete"] as const;
  const fate = plot.long && dice.chance(0.7) ? "cancel" : dice.pick(fates);
  const acting: Promise<unknown>[] = [];
  if (dice.chance(0.3)) acting.push(startAgain(stage, truth, plot.body, dice.fork(1)));
  if (dice.chance(0.4)) acting.push(peek(stage, truth, dice.fork(2)));
  if (fate === "delete") {
    await delay(dice.int(0, 3_000));
    // What is asked meanwhile may meet the deleted message, or find a new one.
    await Promise.all(acting);
    const next = await erase(stage, truth, dice);
    await Promise.all(watching);
    return next;
  }
  if (fate === "cancel") acting.push(cancel(stage, truth, plot, dice.fork(3)));
  await Promise.all([...acting, ...watching]);
  const kept = await judge(stage, truth, plot, dice, { cancelled: fate === "cancel" });
  if (kept && dice.chance(0.3)) await cancelAfterEnd(stage, truth, kept);
  if (dice.chance(0.3)) await startAgain(stage, truth, plot.body, dice);
  return kept;
}

function observers(stage: Stage, truth: Truth, { prompt }: Plot, dice: Dice): Promise<void>[] {
  const { seats, figures, world } = stage;
  return Array.from({ length: dice.int(0, MAX_OBSERVERS) }, async (_, n) => {
    const own = dice.fork(n + 10);
    if (n > 0) await delay(own.int(0, 2_500));
    if (truth.isDeleting || !seats.take()) return;
    await new Observer(stage, truth, own, n === 0).watch(() => {
      if (n > 0 || !prompt || world.disturbed(truth.startedAt)) return;
      figures.time("first event", Date.now() - truth.startedAt);
    });
    seats.leave();
  });
}

/** Asks how it stands: what is told only ever grows, up to what the log will be. */
async function peek({ caller }: Stage, truth: Truth, dice: Dice): Promise<void> {
  const path = `/v1/messages/async/${truth.id}`;
  let last = 0;
  for (let look = 0; look < 4; look += 1) {
    await delay(dice.int(50, 700));
    const asked = dice.chance(0.7) ? `${path}/status` : path;
    const answer = await caller.ask({ path: asked, expect: [200], messageId: truth.id });
    const metadata = answer?.json.metadata as { last_event_id: number } | undefined;
    const now = metadata?.last_event_id ?? last;
    if (now < last) truth.broken("2 written, then shown", `event ${last} was there, now ${now}`);
    last = now;
  }
}

/** Several cancels at once, over HTTP and a WebSocket: all are told the same, and upstream is left. */
async function cancel(stage: Stage, truth: Truth, plot: Plot, dice: Dice): Promise<void> {
  const { caller, figures, world } = stage;
  await delay(dice.int(0, 2_500));
  const path = `/v1/messages/async/${truth.id}/cancel`;
  const call = { method: "POST", path, expect: [200], messageId: truth.id } as const;
  const calls = Array.from({ length: dice.pick([1, 1, 2, 4]) }, () =>
    caller.ask({ ...call, expect: [...call.expect] }),
  );
  if (dice.chance(0.3)) {
    const command = Promise.resolve('{"type":"cancel"}');
    const url = `${await world.url()}/v1/messages/async/${truth.id}/stream?from=now`;
    const socket = readSocket(url, AbortSignal.timeout(10_000), command);
    await within(10_000, () => socket.next()).catch(() => {}); // killed meanwhile
    void socket.return({ kind: "broken" });
  }
  const told = new Set((await Promise.all(calls)).map((answer) => answer?.json.status));
  figures.count("cancels", calls.length);
  told.delete(undefined);
  if (told.size > 1) truth.broken("3 one end", `cancelling answered ${[...told]}`);
  if (!plot.long || !plot.script || !told.has("cancelled")) return;
  const { requests } = await seen(world.emulator, plot.script.id);
  const left = aborted(world.emulator, plot.script.id, requests.length);
  await left.catch(() => truth.broken("stop stops", "the upstream's request was not aborted"));
}

async function cancelAfterEnd({ caller }: Stage, truth: Truth, kept: Kept): Promise<void> {
  const path = `/v1/messages/async/${truth.id}/cancel`;
  const answer = await caller.ask({ method: "POST", path, expect: [200], messageId: truth.id });
  const { status } = JSON.parse(kept.status) as { status: string };
  if (answer && answer.json.status !== status) {
    truth.broken("3 one end", `was ${status}, and cancelling it says ${answer.json.status}`);
  }
}

/** Deletes while others watch; the id is free at once, and perhaps used again. */
async function erase(stage: Stage, truth: Truth, dice: Dice): Promise<Kept | undefined> {
  const { caller, figures, world, findings } = stage;
  const since = Date.now();
  truth.deletingAt = since;
  figures.count("deletes");
  const { id } = truth;
  const path = `/v1/messages/async/${id}${dice.chance(0.5) ? "/delete" : ""}`;
  const answers = await Promise.all(
    Array.from({ length: dice.pick([1, 1, 3]) }, () =>
      caller.ask({ method: "DELETE", path, expect: [204, 404], messageId: id }),
    ),
  );
  const hits = answers.filter((answer) => answer?.status === 204).length;
  if (hits !== 1 && !world.disturbed(since)) {
    truth.broken("gone is gone", `${hits} of ${answers.length} calls deleted it`);
  }
  if (dice.chance(0.5)) {
    await caller.ask({ path: `/v1/messages/async/${id}/status`, expect: [404], messageId: id });
    return undefined;
  }
  const plot = choosePlot(dice);
  const next = new Truth(id, findings);
  figures.count("ids used again");
  if (!(await start(stage, next, plot.body, dice.pick([1, 2])))) return undefined;
  await Promise.all(observers(stage, next, plot, dice));
  return judge(stage, next, plot, dice);
}
