// One call of the shell: a command line run over a file system that can reach nothing else, within
// limits. Nothing of it outlives the call but the files and the working directory.

import { createCommands } from "./commands.ts";
import { ShellFiles } from "./files.ts";
import {
  DEFAULT_TIMEOUT_SECONDS,
  EXECUTION_LIMITS,
  MAX_COMMAND_LENGTH,
  MAX_OUTPUT_LENGTH,
  MAX_TIMEOUT_SECONDS,
} from "./limits.ts";
import type { ShellTree } from "./tree.ts";

export interface ShellCall {
  command: string;
  /** In seconds. */
  timeout?: number;
}

/** Paths of directories in the tree. */
export interface ShellPlace {
  home: string;
  /** Where the command begins. */
  directory: string;
}

export interface ShellResult {
  stdout: string;
  stderr: string;
  return_code: number;
  /** Where the next call begins. */
  directory: string;
}

/** What a shell calls a command that took too long, and one that a limit stopped. */
const TIMED_OUT = 124;
const REFUSED = 126;

export async function runShell(
  tree: ShellTree,
  { home, directory }: ShellPlace,
  { command, timeout = DEFAULT_TIMEOUT_SECONDS }: ShellCall,
  signal: AbortSignal,
): Promise<ShellResult> {
  if (command.length > MAX_COMMAND_LENGTH) {
    const stderr = `bash: the command has more than ${MAX_COMMAND_LENGTH} characters\n`;
    return { stdout: "", stderr, return_code: REFUSED, directory };
  }
  const seconds = Math.min(Math.max(timeout, 1), MAX_TIMEOUT_SECONDS);
  const watch = new Watch(seconds * 1000, signal);
  const files = new ShellFiles(tree);
  const { Bash, defineCommand } = await import("just-bash/browser");
  const bash = new Bash({
    fs: files,
    cwd: (await reach(files, directory)) ?? home,
    env: { HOME: home, PATH: "/usr/bin:/bin", LANG: "C.UTF-8" },
    ...createCommands(defineCommand),
    coverage: watch,
    sleep: (milliseconds) => scheduler.wait(milliseconds, { signal: watch.signal }),
    executionLimitProfile: "hardened",
    executionLimits: { ...EXECUTION_LIMITS, maxExecutionTimeMs: seconds * 1000 },
    // It would change globals that the whole isolate uses.
    defenseInDepth: false,
  });
  const result = await bash.exec(command).catch((error) => {
    if (error !== watch.late) throw error;
    return { stdout: "", stderr: "", exitCode: TIMED_OUT, env: { PWD: directory } };
  });
  const notices = [...files.refusals, ...(watch.isLate ? [watch.late.message] : [])];
  return {
    stdout: cut(result.stdout),
    stderr: cut(tidy(result.stderr)) + notices.map((notice) => `bash: ${notice}\n`).join(""),
    return_code: watch.isLate ? TIMED_OUT : result.exitCode || Math.min(notices.length, 1),
    directory: (await reach(files, result.env.PWD)) ?? home,
  };
}

/**
 * Stops a command that takes too long, or that nobody waits for any more. Not by the library's own
 * signal: with one it spends milliseconds on each command.
 */
class Watch {
  readonly late: Error;
  readonly signal: AbortSignal;
  readonly #end: number;

  constructor(milliseconds: number, signal: AbortSignal) {
    this.late = new Error(`stopped after ${milliseconds / 1000} seconds`);
    this.signal = AbortSignal.any([signal, AbortSignal.timeout(milliseconds)]);
    this.#end = Date.now() + milliseconds;
  }

  get isLate(): boolean {
    return this.signal.aborted || Date.now() >= this.#end;
  }

  /** Called by the library at every step, of an inner language too. */
  hit(): void {
    if (this.isLate) throw this.late;
  }
}

/** The library's advice is for whoever sets its limits. */
function tidy(stderr: string): string {
  return stderr.replace(/, increase executionLimits\.\w+/g, "");
}

function cut(output: string): string {
  if (output.length <= MAX_OUTPUT_LENGTH) return output;
  const kept = output.slice(0, MAX_OUTPUT_LENGTH).toWellFormed();
  return `${kept}\n[Cut off: the output has ${output.length} characters, these are the first ${kept.length}.]\n`;
}

/** A directory can have gone, and `PWD` is a variable like any other: it can hold anything. */
async function reach(files: ShellFiles, path = ""): Promise<string | undefined> {
  if (!path.startsWith("/")) return undefined;
  const found = await files.stat(path).catch(() => undefined);
  return found?.isDirectory ? path : undefined;
}
