// Calling the service: every answer must be one of those that the caller expects. What a kill has
// broken is no answer, and nobody's fault.

import { setTimeout as delay } from "node:timers/promises";
import type { Figures } from "./figures.ts";
import type { Findings } from "./findings.ts";
import { Late, within } from "./within.ts";
import type { World } from "./world.ts";

export interface Call {
  method?: "GET" | "POST" | "PUT" | "DELETE";
  /** From the slash. */
  path: string;
  body?: unknown;
  headers?: Record<string, string>;
  /** The statuses that may come. */
  expect: number[];
  messageId?: string;
}

export interface Answer {
  status: number;
  /** Whatever JSON it is; text where it is none. */
  json: Record<string, unknown>;
  text: string;
  headers: Headers;
  /** From the call to the answer. */
  ms: number;
}

const MAX_ANSWER_MS = 30_000;
const MAX_REPEATS = 6;
/** What `internal` is called outside. */
const INTERNAL = "An error of this service; it has been logged.";

export class Caller {
  readonly #world: World;
  readonly #findings: Findings;
  readonly #figures: Figures;

  constructor(world: World, findings: Findings, figures: Figures) {
    this.#world = world;
    this.#findings = findings;
    this.#figures = figures;
  }

  /** Undefined where a kill came in between. */
  async try(call: Call): Promise<Answer | undefined> {
    const url = await this.#world.url();
    const startedAt = Date.now();
    const began = performance.now();
    try {
      const { response, text } = await within(MAX_ANSWER_MS, async (signal) => {
        const response = await fetch(url + call.path, { ...toInit(call), signal });
        return { response, text: await response.text() };
      });
      const ms = performance.now() - began;
      const { status, headers } = response;
      this.#figures.count(`answer ${status}`);
      const answer = { status, json: parse(text), text, headers, ms };
      if (this.judge(call, status, text, startedAt)) return answer;
    } catch (error) {
      if (!this.#world.disturbed(startedAt)) {
        const law = error instanceof Late ? "nothing hangs" : "answers as expected";
        this.#findings.add(law, call.messageId ?? "", `${name(call)}: ${explain(error)}`);
      }
    }
    this.#figures.count("calls lost to kills", this.#world.disturbed(startedAt) ? 1 : 0);
    return undefined;
  }

  /** As often as it takes to get an answer; undefined only where something is broken. */
  async ask(call: Call): Promise<Answer | undefined> {
    for (let repeat = 0; repeat < MAX_REPEATS; repeat += 1) {
      const since = Date.now();
      const answer = await this.try(call);
      if (answer) return answer;
      if (!this.#world.disturbed(since)) return undefined;
      await delay(100);
    }
    return undefined;
  }

  /** True for an answer that counts. Says what is wrong with one that no kill explains. */
  judge(call: Call, status: number, text: string, startedAt: number): boolean {
    if (call.expect.includes(status) && !text.includes(INTERNAL)) return true;
    const excused = this.#world.disturbed(startedAt) && status >= 500 && !text.includes(INTERNAL);
    if (!excused) {
      const what = `${name(call)}: ${status}, not ${call.expect.join(" or ")}: ${text.slice(0, 400)}`;
      this.#findings.add("answers as expected", call.messageId ?? "", what);
    }
    return false;
  }
}

export function toInit({ method = "GET", body, headers }: Call): RequestInit {
  if (body === undefined) return { method, ...(headers && { headers }) };
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { method, body: text, headers: { "content-type": "application/json", ...headers } };
}

function name({ method = "GET", path }: Call): string {
  return `${method} ${path}`;
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}

function explain(error: unknown): string {
  return error instanceof Error ? `${error} ${error.cause ?? ""}` : `${error}`;
}
