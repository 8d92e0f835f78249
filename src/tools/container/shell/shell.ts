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
  directory: string,
  { command, timeout = DEFAULT_TIMEOUT_SECONDS }: ShellCall,
  signal: AbortSignal,
): Promise<ShellResult> {
  if (command.length > MAX_COMMAND_LENGTH) {
    const stderr = `bash: the command has more than ${MAX_COMMAND_LENGTH} characters\n`;
    return { stdout: "", stderr, return_code: REFUSED, directory };
  }
  const seconds = Math.min(Math.max(timeout, 1), MAX_TIMEOUT_SECONDS);
  const clock = AbortSignal.timeout(seconds * 1000);
  const files = new ShellFiles(tree);
  const { Bash, defineCommand } = await import("just-bash/browser");
  const bash = new Bash({
    fs: files,
    cwd: directory,
    env: { HOME: directory, PATH: "/usr/bin:/bin", LANG: "C.UTF-8" },
    ...createCommands(defineCommand),
    executionLimitProfile: "hardened",
    executionLimits: { ...EXECUTION_LIMITS, maxExecutionTimeMs: seconds * 1000 },
    // It would change globals that the whole isolate uses.
    defenseInDepth: false,
  });
  const result = await bash.exec(command, { signal: AbortSignal.any([signal, clock]) });
  const late = result.exitCode === TIMED_OUT && clock.aborted;
  const notice = late ? `bash: stopped after ${seconds} seconds\n` : "";
  return {
    stdout: cut(result.stdout),
    stderr: cut(tidy(result.stderr)) + notice,
    return_code: result.exitCode,
    directory: await reach(files, result.env.PWD, directory),
  };
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

/** `PWD` is a variable like any other: a command can have written anything into it. */
async function reach(files: ShellFiles, path = "", otherwise: string): Promise<string> {
  if (!path.startsWith("/")) return otherwise;
  const found = await files.stat(path).catch(() => undefined);
  return found?.isDirectory ? path : otherwise;
}
