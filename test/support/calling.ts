// A tool, called as the loop calls it.

import type { ServerTool } from "../../src/tools/tool.ts";

export interface Told {
  isError: boolean;
  /** What a model reads. */
  text: string;
  /** What a program reads. */
  json: unknown;
}

/** One call of a tool. */
export async function call(
  tool: ServerTool,
  input: Record<string, unknown>,
  signal = new AbortController().signal,
): Promise<Told> {
  const { content, isError } = await tool.run(input, { signal, alive: () => {} });
  const [first, second] = content as { text: string }[];
  return { isError, text: first?.text ?? "", json: second && JSON.parse(second.text) };
}
