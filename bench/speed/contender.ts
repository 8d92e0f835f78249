// Who is measured, and how each is asked for the same: the pipe, where whoever asks is who watches, and
// the service, where they are two.

import type { Service } from "../../test/e2e/support/service.ts";
import { type Dialect, type Plan, toPrompt } from "./plan.ts";
import { ask, drain, type Reading, read } from "./reading.ts";
import { now } from "./stamp.ts";
import { Tree } from "./tree.ts";

export interface Answered {
  /** When it was asked for, in ms. */
  askedAt: number;
  readings: Reading[];
}

export interface Start {
  /** Until it was told to be under way, in ms. */
  tookMs: number;
  /** Waits for the end of what was started. */
  settle(): Promise<unknown>;
}

export interface Contender {
  readonly url: string;
  readonly tree: Tree;
  /** One answer, read by so many. */
  answer(plan: Plan, observers?: number, dialect?: Dialect): Promise<Answered>;
  /** One answer, started and read by one request. */
  answerAtOnce(plan: Plan): Promise<Answered>;
  start(plan: Plan): Promise<Start>;
  /** Makes an answer ready; what is returned reads it once more from its beginning. */
  keep(plan: Plan): Promise<() => Promise<Reading>>;
}

/** Both dialects take a body like this. */
function toBody(plan: Plan, dialect: Dialect): string {
  const messages = [{ role: "user", content: toPrompt(plan) }];
  return JSON.stringify({ model: `bench-${dialect}`, max_tokens: 100_000, stream: true, messages });
}

const PATHS = { anthropic: "/v1/messages", openai: "/chat/completions" };

export class Pipe implements Contender {
  readonly url: string;
  readonly tree: Tree;

  constructor({ url, group }: Service) {
    this.url = url;
    this.tree = new Tree(group);
  }

  async answer(plan: Plan, observers = 1, dialect: Dialect = "anthropic"): Promise<Answered> {
    const askedAt = now();
    const one = async () => read(await this.#ask(plan, dialect));
    return { askedAt, readings: await Promise.all(Array.from({ length: observers }, one)) };
  }

  answerAtOnce(plan: Plan): Promise<Answered> {
    return this.answer(plan);
  }

  async start(plan: Plan): Promise<Start> {
    const askedAt = now();
    const response = await this.#ask(plan, "anthropic");
    const drained = drain(response);
    return { tookMs: now() - askedAt, settle: () => drained };
  }

  /** Keeps nothing: to read it once more is to ask once more. */
  async keep(plan: Plan): Promise<() => Promise<Reading>> {
    return async () => read(await this.#ask(plan, "anthropic"));
  }

  #ask(plan: Plan, dialect: Dialect) {
    return ask(this.url + PATHS[dialect], { body: toBody(plan, dialect) });
  }
}

export class AsyncMessages implements Contender {
  readonly url: string;
  readonly tree: Tree;
  readonly service: Service;

  constructor(service: Service) {
    this.url = service.url;
    this.service = service;
    this.tree = new Tree(service.group);
  }

  async answer(plan: Plan, observers = 1, dialect: Dialect = "anthropic"): Promise<Answered> {
    const askedAt = now();
    const id = await this.begin(plan, dialect);
    const one = async () => read(await this.observe(id));
    return { askedAt, readings: await Promise.all(Array.from({ length: observers }, one)) };
  }

  async answerAtOnce(plan: Plan): Promise<Answered> {
    const askedAt = now();
    const url = `${this.url}/v1/messages?message_id=${crypto.randomUUID()}`;
    const reading = await read(await ask(url, { body: toBody(plan, "anthropic") }));
    return { askedAt, readings: [reading] };
  }

  async start(plan: Plan): Promise<Start> {
    const askedAt = now();
    const id = await this.begin(plan);
    return { tookMs: now() - askedAt, settle: async () => drain(await this.observe(id)) };
  }

  async keep(plan: Plan): Promise<() => Promise<Reading>> {
    const id = await this.begin(plan);
    await drain(await this.observe(id));
    return async () => read(await this.observe(id));
  }

  /** Answers the id of a message that has been started. */
  async begin(plan: Plan, dialect: Dialect = "anthropic"): Promise<string> {
    const id = crypto.randomUUID();
    const url = `${this.url}/v1/messages/async?message_id=${id}`;
    await drain(await ask(url, { body: toBody(plan, dialect) }));
    return id;
  }

  observe(id: string, query = "", headers: Record<string, string> = {}) {
    return ask(`${this.url}/v1/messages/async/${id}/stream${query}`, { headers });
  }
}
