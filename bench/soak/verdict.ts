// What must hold of a message when it is over: its log, its status, its message and what its upstream
// saw are asked for and compared. What is kept of it is compared once more at the end of the soak.

import { seen } from "../../test/support/script.ts";
import type { Answer } from "./caller.ts";
import type { Dice } from "./dice.ts";
import { accountOf, faultsOf } from "./log-laws.ts";
import { Observer } from "./observer.ts";
import type { Plot } from "./plot.ts";
import type { Stage } from "./stage.ts";
import { digestOf, Truth } from "./truth.ts";

/** A message that has ended and is there to stay. */
export interface Kept {
  id: string;
  digest: string;
  status: string;
}

/** What was done to it besides watching. */
export interface Interference {
  cancelled?: boolean;
  /** Its caller hung up, which may have cancelled it. */
  abandoned?: boolean;
}

interface Status {
  status: string;
  error_message: string | null;
  metadata: { last_event_id: number; stop_reason: string | null; observers: number };
}

/** Waits for the end, and checks everything. */
export async function judge(
  stage: Stage,
  truth: Truth,
  plot: Plot,
  dice: Dice,
  { cancelled = false, abandoned = false }: Interference = {},
): Promise<Kept | undefined> {
  await new Observer(stage, truth, dice, true).watch();
  const { log, id } = truth;
  if (!truth.hasEnded) return undefined;
  for (const { law, what } of faultsOf(id, log)) truth.broken(law, what, log.slice(-4));

  const account = accountOf(log);
  stage.figures.count(`outcome ${account.status}`);
  const path = `/v1/messages/async/${id}`;
  const status = await stage.caller.ask({ path: `${path}/status`, expect: [200], messageId: id });
  const message = await stage.caller.ask({ path, expect: [200], messageId: id });
  if (!status || !message) return undefined;
  const said = status.json as unknown as Status;
  const expected = [account.status, log.length, account.error];
  const told = [said.status, said.metadata.last_event_id, said.error_message];
  if (JSON.stringify(expected) !== JSON.stringify(told)) {
    truth.broken("3 one end", `the log says ${expected}, the status ${told}`, log.slice(-3));
  }
  const content = (message.json.content ?? []) as { text?: string }[];
  const texts = JSON.stringify([account.texts, account.status]);
  const folded = JSON.stringify([content.map(({ text }) => text), message.json.status]);
  if (texts !== folded) truth.broken("5 foldable", `folds into ${texts}, answered is ${folded}`);

  const kills = stage.world.killsSince(truth.startedAt);
  const mayEnd = new Set<string>([plot.end]);
  if (cancelled || abandoned) mayEnd.add("cancelled");
  if (kills > 0) mayEnd.add("error").add("completed");
  if (!mayEnd.has(account.status)) {
    const what = `${plot.name}: ${account.status}, not ${[...mayEnd]}`;
    truth.broken("outcome as scripted", what, log.slice(-2));
  }
  await countRequests(stage, truth, plot, kills, cancelled || abandoned);
  return { id, digest: digestOf(log), status: lasting(status) };
}

/** Twice is once: the upstream was asked just as often as one run asks it. */
async function countRequests(
  { world }: Stage,
  truth: Truth,
  { name, script }: Plot,
  kills: number,
  mayBeFewer: boolean,
): Promise<void> {
  if (!script) return;
  const { requests } = await seen(world.emulator, script.id);
  const most = script.requests * (1 + kills);
  const least = mayBeFewer || kills > 0 ? 0 : script.requests;
  if (requests.length >= least && requests.length <= most) return;
  truth.broken("twice is once", `${name}: ${requests.length} requests, not ${least} to ${most}`);
}

/** Nothing changes after the end. */
export async function judgeAgain(stage: Stage, kept: Kept, dice: Dice): Promise<void> {
  const { id } = kept;
  const path = `/v1/messages/async/${id}/status`;
  const status = await stage.caller.ask({ path, expect: [200], messageId: id });
  const truth = new Truth(id, stage.findings);
  await new Observer(stage, truth, dice, true).watch();
  stage.figures.count("looked at again");
  if (status && lasting(status) !== kept.status) {
    truth.broken("3 one end", `its status was ${kept.status}, now ${lasting(status)}`);
  }
  if (digestOf(truth.log) !== kept.digest) {
    truth.broken("6 no silent loss", "its log is not what it was", truth.log.slice(-3));
  }
}

/** All of a status but who is watching. */
function lasting({ json }: Answer): string {
  const { metadata, ...rest } = json as unknown as Status;
  return JSON.stringify({ ...rest, metadata: { ...metadata, observers: 0 } });
}
