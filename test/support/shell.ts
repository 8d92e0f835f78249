// A shell in the home of a container of its own, call by call.

import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { ContainerObject } from "../../src/tools/container/object.ts";
import { runShell, type ShellResult } from "../../src/tools/container/shell/shell.ts";
import { FileTree, HOME } from "../../src/tools/container/tree.ts";

declare global {
  namespace Cloudflare {
    interface Env {
      CONTAINERS: DurableObjectNamespace<ContainerObject>;
    }
  }
}

const NEVER = new AbortController().signal;

/** What `act` makes of a tree that nobody else uses. */
export function withTree<Result>(act: (tree: FileTree) => Result | Promise<Result>) {
  return new TreeHome().with(act);
}

/** An object with a tree. */
class TreeHome {
  readonly #object = env.CONTAINERS.getByName(`test/${crypto.randomUUID()}`);

  with<Result>(act: (tree: FileTree) => Result | Promise<Result>): Promise<Result> {
    return runInDurableObject(this.#object, (_, { storage }) => act(new FileTree(storage.sql)));
  }
}

export class TestShell {
  readonly #home = new TreeHome();
  #directory = HOME;

  /** Each call begins with a tree that was just opened. */
  async run(command: string, timeout = 2, signal = NEVER): Promise<ShellResult> {
    const place = { home: HOME, directory: this.#directory };
    const result = await this.#home.with((tree) => {
      tree.makeDirectories(HOME);
      if (!tree.hasMount("/mnt/skills/one", "1")) tree.mount("/mnt/skills/one", "1", SKILL);
      return runShell(tree, place, { command, timeout }, signal);
    });
    this.#directory = result.directory;
    return result;
  }
}

const SKILL = [{ path: "SKILL.md", content: new TextEncoder().encode("# One\n") }];
