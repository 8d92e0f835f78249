// A shell in a container's home, call by call.

import { runShell, type ShellResult } from "../../src/tools/container/shell/shell.ts";
import { MemoryTree } from "./memory-tree.ts";

const HOME = "/home";

export class TestShell {
  readonly tree = new MemoryTree("/skills");
  #directory = HOME;

  constructor() {
    this.tree.makeDirectory(HOME);
  }

  async run(command: string, timeout = 2, signal?: AbortSignal): Promise<ShellResult> {
    const place = { home: HOME, directory: this.#directory };
    const result = await runShell(this.tree, place, { command, timeout }, signal ?? NEVER);
    this.#directory = result.directory;
    return result;
  }
}

const NEVER = new AbortController().signal;
