// What a run does for one message: which routes it may ask, what each is asked in each turn, and how
// their answers and the results of tools get into the log.

import { type Env, type Settings, secretOf, settingsOf } from "../env.ts";
import { createCheck } from "../lib/json-schema.ts";
import { ApiError } from "../protocol/errors.ts";
import type { ContentBlock } from "../protocol/event.ts";
import { usageSoFar } from "../protocol/progress.ts";
import type { MessageRequest } from "../protocol/request.ts";
import { providerFor } from "../providers/providers.ts";
import type { Route } from "../providers/route.ts";
import type { Offer, Toolbox } from "../tools/toolbox.ts";
import { type Calls, type Loop, type LoopLimits, runLoop } from "./loop.ts";
import type { Recorder } from "./recorder.ts";
import { canContinue, type Recovery, withPrefill } from "./recovery.ts";
import { ask, type RunEnd } from "./runner.ts";
import { Turn } from "./turn.ts";
import { toTurnRequest } from "./turn-request.ts";

export interface Run {
  env: Env;
  messageId: string;
  model: string;
  asked: MessageRequest;
  routes: readonly Route[];
  toolbox: Toolbox;
  recorder: Recorder;
  cancelled: AbortSignal;
  /** How a run that was lost goes on; undefined for the first. */
  recovery: Recovery | undefined;
  /** The blocks of the message so far, as the log has them. */
  content(): readonly ContentBlock[];
  /** `request` goes to `route`. */
  note(route: Route, request: MessageRequest): void;
  /** Tools are about to be called. */
  noteTools(names: readonly string[]): void;
}

/** Runs to the end. */
export async function answer(run: Run): Promise<RunEnd> {
  const { recorder, cancelled } = run;
  let { recovery } = run;
  const loop: Loop = {
    limits: toLimits(settingsOf(run.env)),
    cancelled,
    progress: () => recorder.progress,
    record: (events) => void recorder.record(events),
    turn: (deadline) => {
      const prefill = recovery?.mode === "continue" ? recovery.text : undefined;
      recovery = undefined; // it is for the turn that was lost
      return askTurn(run, deadline, loop.limits, prefill);
    },
  };
  try {
    return await runLoop(loop);
  } catch (error) {
    if (error instanceof ApiError) return { type: "failed", problem: error.problem };
    if (!cancelled.aborted) console.error("run failed", error);
    return { type: "failed", problem: { reason: "internal" } };
  }
}

async function askTurn(
  run: Run,
  deadline: AbortSignal,
  limits: LoopLimits,
  prefill: string | undefined,
): Promise<RunEnd | Calls> {
  const { env, messageId, model, asked, toolbox, recorder } = run;
  const { progress } = recorder;
  const content = progress.started ? run.content() : [];
  const standing = { asked, toolbox, content, turns: progress.turns };
  const taken = new Set(content.map(({ id }) => String(id)));
  const routes = prefill === undefined ? run.routes : run.routes.filter(canContinue);
  if (routes.length === 0) return { type: "failed", problem: { reason: "model_not_found", model } };
  recorder.beginTurn();
  let offer: Offer = { request: asked, here: [], elsewhere: new Set() };
  let turn = new Turn({ progress, offer, taken });
  const end = await ask(
    {
      messageId,
      routes,
      limits,
      cancelled: run.cancelled,
      provider: (route) => providerFor(route, env.AI),
      secret: (name) => secretOf(env, name),
      trying: (route) => {
        offer = toTurnRequest(standing, route);
        turn = new Turn({ progress, offer, taken, prefill });
        const tokens = usageSoFar(progress).output_tokens;
        const request =
          prefill === undefined ? offer.request : withPrefill(offer.request, prefill, tokens);
        run.note(route, request);
        return request;
      },
      record: (events) => recorder.record(turn.rewrite(events)),
      begun: () => recorder.begun,
      complete: () => recorder.isComplete || turn.hasEnded,
    },
    deadline,
  );
  if (end.type === "failed" || recorder.isComplete) return end;
  await recorder.flush();
  run.noteTools(turn.calls.map(({ name }) => name));
  return {
    type: "calls",
    calls: turn.calls,
    parallel: asked.tool_choice?.disable_parallel_tool_use !== true,
    names: [...offer.here.map(({ name }) => name), ...offer.elsewhere],
    check: ({ inputSchema }, input) => createCheck(inputSchema)(input),
  };
}

function toLimits(settings: Settings): LoopLimits {
  return {
    stallSeconds: settings.STALL_TIMEOUT_SECONDS,
    deadlineSeconds: settings.RUN_DEADLINE_SECONDS,
    maxRetries: settings.MAX_RETRIES,
    maxTurns: settings.MAX_TURNS,
    toolSeconds: settings.TOOL_TIMEOUT_SECONDS,
  };
}
