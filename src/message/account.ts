// What a run came to so far: the figures of the status, as plain data. Pure.

import type { ContentBlock, Usage } from "../protocol/event.ts";
import { type Progress, usageSoFar } from "../protocol/progress.ts";
import type { Terminal } from "../protocol/state.ts";
import { isServerCall, turnsBegun } from "../protocol/turns.ts";
import { type Delivery, withEnd } from "../webhooks/schedule.ts";

/** More than anybody reads: each type of block that an upstream cannot take is one. */
const MAX_IGNORED_FIELDS = 512;
const MAX_TOOLS_TOLD = 128;

/** Times in ms since the epoch. */
export interface Account {
  provider: string | null;
  upstreamModel: string | null;
  ignoredFields: string[];
  /** Requests sent upstream. */
  attempts: number;
  /** Turns begun. Of a message that runs, its log knows better. */
  turns: number;
  startedAt: number | null;
  firstEventAt: number | null;
  updatedAt: number;
  endedAt: number | null;
  usage: Usage;
  stopReason: string | null;
  /** By the names that models call them. */
  toolsUsed: string[];
  /** The container that a call may have used. */
  container?: string;
  /** Null where nobody is to be told of the end. */
  webhook: Delivery | null;
}

export function openAccount(createdAt: number, webhook: Delivery | null): Account {
  return {
    provider: null,
    upstreamModel: null,
    ignoredFields: [],
    attempts: 0,
    turns: 0,
    startedAt: null,
    firstEventAt: null,
    updatedAt: createdAt,
    endedAt: null,
    usage: { input_tokens: 0, output_tokens: 0 },
    stopReason: null,
    toolsUsed: [],
    webhook,
  };
}

/** A request that goes upstream. */
export interface Sent {
  provider: string;
  upstreamModel: string;
  ignoredFields: readonly string[];
}

export function withRequest(account: Account, sent: Sent, now: number): Account {
  const ignored = [...new Set(sent.ignoredFields)].slice(0, MAX_IGNORED_FIELDS);
  return {
    ...account,
    provider: sent.provider,
    upstreamModel: sent.upstreamModel,
    ignoredFields: ignored,
    attempts: account.attempts + 1,
    startedAt: account.startedAt ?? now,
    updatedAt: now,
  };
}

export function withTools(account: Account, names: readonly string[]): Account {
  const toolsUsed = [...new Set([...account.toolsUsed, ...names])].slice(0, MAX_TOOLS_TOLD);
  return { ...account, toolsUsed };
}

/** Calls are about to be made that may use the container of this id. */
export function withContainer(account: Account, container: string): Account {
  return { ...account, container };
}

/** After a run was lost: what was done and never written down. Each life of a run has tried at least once. */
export function recovered(
  account: Account,
  content: readonly ContentBlock[],
  attempt: number,
): Account {
  const called = content.filter(isServerCall).map(({ name }) => String(name));
  return withTools({ ...account, attempts: Math.max(account.attempts, attempt) }, called);
}

export function closeAccount(
  account: Account,
  state: Terminal,
  progress: Progress,
  now: number,
): Account {
  return {
    ...account,
    updatedAt: now,
    endedAt: now,
    usage: usageSoFar(progress),
    turns: turnsBegun(progress.turns, progress.nextIndex),
    stopReason: state.status === "cancelled" ? "cancelled" : progress.stopReason,
    webhook: account.webhook && withEnd(account.webhook, state, now),
  };
}
