// Messages that work in containers: what their models call, and what comes of it.

import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { MAX_FILE_BYTES, MAX_TREE_BYTES } from "../../src/tools/container/nodes.ts";
import { HOME } from "../../src/tools/container/tree.ts";
import { type Caller, ended, message, start } from "./client.ts";
import "./interpreter.ts";
import { type Playing, prepare } from "./play.ts";
import { anthropicText, anthropicToolUse } from "./script.ts";

export type Call = [name: string, input: object];
export type Block = Record<string, unknown> & { content?: Record<string, unknown> };

export const TOOLS = [{ type: "code_execution_v1" }];
export const BASH = "bash_code_execution";
export const EDITOR = "text_editor_code_execution";

export const bash = (command: string, more = {}): Call => [BASH, { command, ...more }];

export const uniqueContainer = () => `box-${crypto.randomUUID()}`;

/** Leaves no room in a container of acme's: `f0` and so on are in its home. */
export async function fill(container: string): Promise<void> {
  const object = env.CONTAINERS.getByName(`acme/${container}`);
  for (let at = 0; at < MAX_TREE_BYTES / MAX_FILE_BYTES; at += 1) {
    await object.write(`${HOME}/f${at}`, new Uint8Array(MAX_FILE_BYTES));
  }
}

/** A message whose model makes these calls, a turn each, and then says that it is done. */
export function work(fields: object, ...calls: Call[]): Promise<Playing> {
  return workFor({}, fields, ...calls);
}

export async function workFor(caller: Caller, fields: object, ...calls: Call[]): Promise<Playing> {
  const turns = calls.map(([name, input], at) => anthropicToolUse(name, input, `toolu_${at}`));
  const done = anthropicText(["Done."]);
  const [first = done, ...rest] = [...turns, done];
  const playing = prepare(first, ...rest);
  const body = { tools: TOOLS, ...playing.body, ...fields };
  const { code, body: answer } = await start(body, { id: playing.id, ...caller });
  expect([code, answer.detail]).toEqual([200, undefined]);
  await ended(playing.id, caller);
  return playing;
}

/** What the results of a message's calls say. */
export async function resultsOf(
  { id }: Playing,
  caller?: Caller,
): Promise<Record<string, unknown>[]> {
  const { content } = (await message(id, caller)).body as { content: Block[] };
  const results = content.filter(({ type }) => String(type).endsWith("_tool_result"));
  return results.map((block) => block.content ?? {});
}
