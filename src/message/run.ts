// What a run does for one message: which routes it may ask, what each is asked in each turn, and how
// their answers and the results of tools get into the log.

import { type Env, type Settings, secretOf, settingsOf } from "../env.ts";
import { createCheck } from "../lib/json-schema.ts";
import { ApiError, type Problem } from "../protocol/errors.ts";
import type { ContentBlock } from "../protocol/event.ts";
import { usageSoFar } from "../protocol/progress.ts";
import type { MessageRequest } from "../protocol/request.ts";
import { next } from "../protocol/state.ts";
import { providerFor } from "../providers/providers.ts";
import { findRoutes, formatsWithTools, type Route, upstreamModel } from "../providers/route.ts";
import { runsHere } from "../tools/catalogue.ts";
import type { ContainerTold } from "../tools/container/container.ts";
import { isInContainer } from "../tools/container/tools.ts";
import type { McpSessions } from "../tools/mcp/mcp.ts";
import { expandSkillTools } from "../tools/skills/asked.ts";
import { NO_TOOLS, type Offer, type Toolbox } from "../tools/toolbox.ts";
import { withContainer, withRequest, withTools } from "./account.ts";
import { type Calls, type Loop, type LoopLimits, runLoop } from "./loop.ts";
import { checkOutput } from "./output.ts";
import type { MessageRecord } from "./record.ts";
import type { Recorder } from "./recorder.ts";
import { canContinue, type Recovery, withPrefill } from "./recovery.ts";
import { ask, type RunEnd } from "./runner.ts";
import { openToolbox } from "./toolbox.ts";
import { Turn } from "./turn.ts";
import { toTurnRequest } from "./turn-request.ts";

export interface Charge {
  env: Env;
  /** Of the object that it runs in. */
  sql: SqlStorage;
  record: MessageRecord;
  recorder: Recorder;
  cancelled: AbortSignal;
  /** How a run that was lost goes on; undefined for the first. */
  recovery: Recovery | undefined;
  /** The blocks of the message so far, as the log has them. */
  content(): readonly ContentBlock[];
  /** Its container, where that was kept beside the calls. */
  kept(): ContainerTold | undefined;
  /** Those in which MCP servers were asked what they offer, where that was just now. */
  sessions: McpSessions | undefined;
}

interface Run extends Charge {
  toolbox: Toolbox;
  /** What was asked for. */
  asked: MessageRequest;
}

/** Where a message's model is to be had: nowhere any more, if the settings have changed so. */
function routesOf({ env, record }: Pick<Charge, "env" | "record">): Route[] {
  return findRoutes(settingsOf(env).MODELS, record.opening.model) ?? [];
}

/** Whether any of them can go on from a partial answer. */
export function isContinuable(run: Pick<Charge, "env" | "record">): boolean {
  try {
    return routesOf(run).some(canContinue);
  } catch {
    return false; // the settings are faulty: the end must be found all the same
  }
}

/** Runs to the end. `close` is for afterwards, when the end has been told: it takes its time. Never throws. */
export async function carryOut(
  charge: Charge,
): Promise<{ end: RunEnd; close: () => Promise<void> }> {
  const { env, sql, record } = charge;
  let toolbox = NO_TOOLS;
  const close = () => toolbox.close();
  try {
    const { request, findings } = record.asked();
    const asked = expandSkillTools(request);
    const { opening } = record;
    const { content } = charge;
    const workshop = { env, sql: () => sql, opening, content };
    toolbox = await openToolbox(asked, findings, workshop, charge.sessions);
    const isUsed = record.account.container !== undefined;
    if (isUsed && !charge.cancelled.aborted) await toolbox.container?.resume();
    return { end: await answer({ ...charge, toolbox, asked }), close };
  } catch (error) {
    return { end: { type: "failed", problem: toProblem(error) }, close };
  }
}

function toProblem(error: unknown): Problem {
  if (error instanceof ApiError) return error.problem;
  console.error("run failed", error);
  return { reason: "internal" };
}

/** Throws where a setting is at fault, and what nobody expected. */
async function answer(run: Run): Promise<RunEnd> {
  const { recorder, cancelled } = run;
  let { recovery } = run;
  const loop: Loop = {
    limits: toLimits(settingsOf(run.env)),
    cancelled,
    progress: () => recorder.progress,
    record: (events) => void recorder.record(events),
    container: () => toldOf(run),
    turn: (deadline) => {
      const prefill = recovery?.mode === "continue" ? recovery.text : undefined;
      recovery = undefined; // it is for the turn that was lost
      return askTurn(run, deadline, loop.limits, prefill);
    },
  };
  return runLoop(loop);
}

async function askTurn(
  run: Run,
  deadline: AbortSignal,
  limits: LoopLimits,
  prefill: string | undefined,
): Promise<RunEnd | Calls> {
  const { env, asked, toolbox, record, recorder } = run;
  const { messageId, model } = record.opening;
  await recorder.flush(); // what is said next follows from what the log holds
  const { progress } = recorder;
  const content = progress.started ? run.content() : [];
  const standing = { asked, toolbox, content, turns: progress.turns };
  const taken = new Set(content.map(({ id }) => String(id)));
  const isBound = asked.output_config?.format !== undefined && runsHere(asked);
  const routes = routesOf(run).filter(
    (route) =>
      (prefill === undefined || canContinue(route)) && (!isBound || formatsWithTools(route)),
  );
  if (routes.length === 0) return { type: "failed", problem: { reason: "model_not_found", model } };
  const judge = toJudge(asked);
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
        const { edits, ...others } = toTurnRequest(standing, route);
        offer = others;
        const container = () => toldOf(run);
        turn = new Turn({ progress, offer, taken, prefill, edits, judge, container });
        const tokens = usageSoFar(progress).output_tokens;
        const request =
          prefill === undefined ? offer.request : withPrefill(offer.request, prefill, tokens);
        note(run, route, request);
        return request;
      },
      record: (events) => recorder.record(turn.rewrite(events)),
      begun: () => recorder.begun,
      complete: () => recorder.isComplete || turn.hasEnded,
    },
    deadline,
  );
  if (end.type === "failed" || recorder.isComplete) return end;
  await recorder.flush(); // a call is in the log before its tool runs: it is never run twice
  run.cancelled.throwIfAborted(); // what is kept now is of an end, or of another message
  const names = turn.calls.map(({ name }) => name);
  record.account = withTools(record.account, names);
  const { container } = toolbox;
  if (container && turn.calls.some(({ tool }) => tool && isInContainer(tool))) {
    record.account = withContainer(record.account, container.id);
  }
  record.save(); // a turn has ended: what it took should not be forgotten
  return {
    type: "calls",
    calls: turn.calls,
    parallel: asked.tool_choice?.disable_parallel_tool_use !== true,
    names: [...offer.here.map(({ name }) => name), ...offer.elsewhere],
    check: ({ inputSchema }, input) => createCheck(inputSchema)(input),
  };
}

/** The container, with the later of its ends. Undefined where no tool has used it. */
function toldOf({ toolbox, kept }: Run): ContainerTold | undefined {
  const [called, since] = [toolbox.container?.told, kept()];
  return called && since && since.expires_at > called.expires_at ? since : called;
}

/** Holds an answer against the form that was asked for. */
function toJudge({ output_config }: MessageRequest): ((text: string) => void) | undefined {
  const format = output_config?.format;
  if (!format) return undefined;
  return (text) => {
    const message = checkOutput(format, text);
    if (message !== undefined) throw new ApiError({ reason: "output_mismatch", message });
  };
}

/** A request goes upstream. Kept in memory: it is written with the first events. */
function note({ env, record, asked, toolbox }: Run, route: Route, request: MessageRequest): void {
  const ignored = providerFor(route, env.AI).ignoredFields(request, route);
  // Only a skill can bring a tool in later: without any, all are offered at once.
  const isLazy =
    !toolbox.skills && asked.tools?.some(({ defer_loading }) => defer_loading === true);
  const lazily = isLazy && route.provider !== "anthropic" ? ["tools.defer_loading"] : [];
  const sent = {
    provider: route.provider,
    upstreamModel: upstreamModel(route, record.opening.model),
    ignoredFields: [...ignored, ...lazily],
  };
  record.state = next(record.state, { type: "started" });
  record.account = withRequest(record.account, sent, Date.now());
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
