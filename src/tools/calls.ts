// The calls of one turn, run: each to an outcome that a model can read, whatever the tool does.

import { createTimeLimit } from "../lib/time-limit.ts";
import { whenAborted } from "../lib/when-aborted.ts";
import { failed, type Outcome, type ServerTool } from "./tool.ts";

/** Names listed where a model made one up. */
const MAX_NAMES_TOLD = 32;

/** A call as the model made it. */
export interface Call {
  id: string;
  name: string;
  /** Absent where the model made the name up. */
  tool: ServerTool | undefined;
  /** The input as JSON text. */
  input: string;
}

export interface Running {
  /** All at once; otherwise one after the other. */
  parallel: boolean;
  /** A tool that shows no sign of life for so long is given up. */
  timeoutSeconds: number;
  /** Aborts when nobody waits any more. */
  signal: AbortSignal;
  /** Names of the tools that there are. */
  names: readonly string[];
  /** What is wrong with a tool's input; undefined: nothing. */
  check(tool: ServerTool, input: unknown): string | undefined;
}

/** Runs `calls` and hands over each outcome as soon as it is there. Throws once `signal` has aborted. */
export async function runCalls(
  calls: readonly Call[],
  running: Running,
  done: (call: Call, outcome: Outcome) => void,
): Promise<void> {
  const one = async (call: Call): Promise<void> => {
    running.signal.throwIfAborted();
    const outcome = await runCall(call, running);
    running.signal.throwIfAborted();
    done(call, outcome);
  };
  if (running.parallel) await Promise.all(calls.map(one));
  else for (const call of calls) await one(call);
}

async function runCall({ name, tool, input }: Call, running: Running): Promise<Outcome> {
  if (!tool) return failed(`There is no tool ${name}. There are: ${toList(running.names)}.`);
  const parsed = parseInput(input);
  if (!parsed) return failed("The input of the call is not a JSON object. Call again with one.");
  const misfit = running.check(tool, parsed);
  if (misfit !== undefined) return failed(`The input does not fit the tool's schema: ${misfit}`);
  return runWithin(tool, parsed, running);
}

async function runWithin(
  tool: ServerTool,
  input: Record<string, unknown>,
  { signal, timeoutSeconds }: Running,
): Promise<Outcome> {
  const limit = createTimeLimit(timeoutSeconds * 1000);
  const either = AbortSignal.any([signal, limit.signal]);
  try {
    // A tool that does not heed its signal is not waited for either.
    return await Promise.race([
      tool.run(input, { signal: either, alive: () => limit.restart() }),
      rejection(either),
    ]);
  } catch (error) {
    signal.throwIfAborted();
    if (limit.signal.aborted) {
      return failed(`The tool showed no sign of life for ${timeoutSeconds} seconds; given up.`);
    }
    // Where, and not what: messages repeat what they are about, secrets among it.
    const { name, message, stack } = error as Error;
    console.error("a tool failed", tool.name, name, stack?.replace(message, ""));
    return failed("The tool failed for a reason of its own.");
  } finally {
    limit.stop();
  }
}

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => whenAborted(signal, () => reject(signal.reason)));
}

/** No text at all is what some upstreams send for no arguments. */
function parseInput(text: string): Record<string, unknown> | undefined {
  if (text.trim() === "") return {};
  try {
    const input: unknown = JSON.parse(text);
    const isObject = typeof input === "object" && input !== null && !Array.isArray(input);
    return isObject ? (input as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function toList(names: readonly string[]): string {
  const told = names.slice(0, MAX_NAMES_TOLD).join(", ");
  return names.length > MAX_NAMES_TOLD ? `${told} and others` : told;
}
