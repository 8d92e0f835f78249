// The commands that the shell has beside those built into it.

import type {
  CommandName,
  CustomCommand,
  defineCommand,
  ExecResult,
  ResolvedCommandContext,
} from "just-bash/browser";
import { MAX_DIFF_LINES } from "./limits.ts";

/**
 * All run on the object's one thread, so each has to come to an end by itself: its loops are counted,
 * and its regular expressions are RE2's, which never go back. Not here: what needs Node (`gzip`, `tar`,
 * `yq`, `xan`, `sqlite3`, `python3`, `node`) or a network (`curl`), and `html-to-markdown`, whose
 * parser nothing counts.
 */
export const COMMANDS = (
  "awk base64 basename bash cat chmod column comm cp cut date diff dirname du echo egrep env expand " +
  "expr false fgrep file find fold grep head hostname join jq ln ls md5sum mkdir mv nl od paste " +
  "printenv printf pwd readlink rev rg rm rmdir sed seq sh sha1sum sha256sum sleep sort split stat " +
  "strings tac tail tee time timeout touch tr tree true unexpand uniq wc which whoami xargs"
).split(" ") as CommandName[];

/** The library's commands, and those of ours that stand before one of them. */
export function createCommands(define: typeof defineCommand): {
  commands: CommandName[];
  customCommands: CustomCommand[];
} {
  return { commands: COMMANDS, customCommands: [define("diff", diff)] };
}

async function diff(args: string[], context: ResolvedCommandContext): Promise<ExecResult> {
  const { fs, cwd, origCommand } = context;
  let lines = 0;
  for (const operand of args.filter((arg) => !arg.startsWith("-"))) {
    const text = await fs.readFile(fs.resolvePath(cwd, operand)).catch(() => "");
    lines += text.split("\n").length;
  }
  if (lines <= MAX_DIFF_LINES && origCommand) return origCommand(args);
  const stderr = `diff: there are ${lines} lines to compare, and ${MAX_DIFF_LINES} are the most\n`;
  return { stdout: "", stderr, exitCode: 2 };
}
