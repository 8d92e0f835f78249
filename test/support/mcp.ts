// MCP servers as a test reaches them: listed, and their tools called as the loop calls them.

import { expect, inject } from "vitest";
import { judgeAddress } from "../../src/lib/address.ts";
import { PROTOCOLS } from "../../src/protocol/addresses.ts";
import type { Issue } from "../../src/protocol/errors.ts";
import type { Listing, McpServer } from "../../src/tools/mcp/listing.ts";
import { listMcpTools, type McpSessions } from "../../src/tools/mcp/mcp.ts";
import type { Outcome, ServerTool } from "../../src/tools/tool.ts";

/** Lets through the servers that the tests start, and what is public. */
export function judge(address: string): string | undefined {
  const allowedHosts = [inject("everything"), inject("mcp")].map((url) => new URL(url).host);
  return judgeAddress(address, { protocols: PROTOCOLS.mcp_server, allowedHosts });
}

export interface Opened {
  listings: Listing[];
  sessions: McpSessions;
  tools: ServerTool[];
}

/** What these servers offer. Throws where one of them fails. */
export async function open(...servers: McpServer[]): Promise<Opened> {
  const listed = await listMcpTools(servers, { judge });
  if (!listed.ok) throw new Error(JSON.stringify(listed.issues));
  const { listings, sessions } = listed;
  return { listings, sessions, tools: sessions.tools(new Set()) };
}

/** What is wrong with these servers. */
export async function issuesOf(servers: McpServer[], timeoutMs = 10_000): Promise<Issue[]> {
  const listed = await listMcpTools(servers, { judge, timeoutMs });
  if (listed.ok) await listed.sessions.close();
  return listed.ok ? [] : listed.issues;
}

export function call(
  tools: ServerTool[],
  name: string,
  input: Record<string, unknown> = {},
  { signal = new AbortController().signal, alive = () => {} } = {},
): Promise<Outcome> {
  const tool = tools.find((one) => one.name === name);
  expect(tool, `no tool ${name}`).toBeDefined();
  return (tool as ServerTool).run(input, { signal, alive });
}

/** The text of an outcome, block by block. */
export function textsOf({ content }: Outcome): string[] {
  return (content as { type: string; text?: string }[]).map(
    ({ type, text }) => text ?? `(${type})`,
  );
}
