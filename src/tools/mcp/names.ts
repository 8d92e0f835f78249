// What MCP servers and their tools are called here. Pure.

import { MAX_NAME_LENGTH } from "../../protocol/content.ts";
import type { McpServer } from "./listing.ts";

/** A tool's name, as upstreams take it. */
const MAX_TOOL_NAME_LENGTH = 64;

/** One name for each server, no two the same: its own, or that of its host. */
export function nameServers(servers: readonly McpServer[]): string[] {
  const used = new Set<string>();
  return servers.map(({ name, url }) =>
    choose([(name ?? new URL(url).hostname).slice(0, MAX_NAME_LENGTH)], used, {
      separator: "-",
      length: MAX_NAME_LENGTH,
    }),
  );
}

/**
 * One name for each tool, no two the same and none of `taken`: its own where no other has it, else with
 * its server's before it. Made of letters, digits, `_` and `-`.
 */
export function nameTools(
  tools: readonly { server: string; name: string }[],
  taken: ReadonlySet<string>,
): string[] {
  const bare = tools.map(({ name }) => fit(name));
  const counts = new Map<string, number>();
  for (const name of bare) counts.set(name, (counts.get(name) ?? 0) + 1);
  const used = new Set(taken);
  return tools.map(({ server, name }, at) => {
    const own = bare[at] ?? "";
    const long = fit(`${server}__${name}`);
    const names = counts.get(own) === 1 ? [own, long] : [long];
    return choose(names, used, { separator: "_", length: MAX_TOOL_NAME_LENGTH });
  });
}

function fit(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_-]/g, "_").slice(0, MAX_TOOL_NAME_LENGTH);
}

/** The first of `names` that is not used, or the last of them with a number; used from now on. */
function choose(
  names: readonly string[],
  used: Set<string>,
  { separator, length }: { separator: string; length: number },
): string {
  const last = names.at(-1) ?? "";
  let chosen = names.find((name) => !used.has(name));
  for (let number = 2; chosen === undefined; number += 1) {
    const ending = `${separator}${number}`;
    const numbered = last.slice(0, length - ending.length) + ending;
    if (!used.has(numbered)) chosen = numbered;
  }
  used.add(chosen);
  return chosen;
}
