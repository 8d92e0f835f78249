// The MCP servers of one message: listed once, before it is started, and called for as long as it runs.

import type { Issue } from "../../protocol/errors.ts";
import type { Judge } from "../outbound.ts";
import type { ServerTool } from "../tool.ts";
import { Connection } from "./connection.ts";
import { McpFailure } from "./fault.ts";
import { Allowance, type Listing, type McpServer } from "./listing.ts";
import { nameServers, nameTools } from "./names.ts";

/** For all servers together: somebody waits for the answer to a start. */
const LIST_TIMEOUT_MS = 15_000;

/**
 * A Worker has six connections that wait for an answer
 * (https://developers.cloudflare.com/workers/platform/limits/#simultaneous-open-connections).
 */
const MAX_LISTED_AT_ONCE = 6;

export type Listed =
  | { ok: true; listings: Listing[]; sessions: McpSessions }
  | { ok: false; issues: Issue[] };

/**
 * Asks all servers that are enabled for their tools. The sessions are those in which they were asked:
 * for the run, or to be closed.
 */
export async function listMcpTools(
  servers: readonly McpServer[],
  { judge, timeoutMs = LIST_TIMEOUT_MS }: { judge: Judge; timeoutMs?: number },
): Promise<Listed> {
  const connections = connect(servers, judge);
  const allowance = new Allowance();
  const deadline = AbortSignal.timeout(timeoutMs);
  const found: (Listing | Issue)[] = [];
  const queue = connections.entries();
  const listQueued = async () => {
    for (const [index, connection] of queue) {
      if (servers[index]?.tool_configuration?.enabled === false) continue;
      found[index] = await connection.list(allowance, deadline).then(
        (tools) => ({ server: connection.name, index, tools }),
        (error) => toIssue(error, index, connection),
      );
    }
  };
  await Promise.all(Array.from({ length: MAX_LISTED_AT_ONCE }, listQueued));
  const issues = found.filter((one) => "loc" in one);
  const listings = found.filter((one) => "tools" in one);
  const sessions = new McpSessions(connections, listings);
  if (issues.length === 0) return { ok: true, listings, sessions };
  await sessions.close();
  return { ok: false, issues };
}

/** The servers of one message while it runs. */
export class McpSessions {
  readonly #connections: readonly Connection[];
  readonly #listings: readonly Listing[];

  constructor(connections: readonly Connection[], listings: readonly Listing[]) {
    this.#connections = connections;
    this.#listings = listings;
  }

  /** Without a session yet: what was listed is known, and each server is called when it is needed. */
  static resume(
    servers: readonly McpServer[],
    listings: readonly Listing[],
    judge: Judge,
  ): McpSessions {
    return new McpSessions(connect(servers, judge), listings);
  }

  /** What was listed, as tools with none of the names `taken`. Always the same for the same listing. */
  tools(taken: ReadonlySet<string>): ServerTool[] {
    const offered = this.#listings.flatMap(({ server, index, tools }) => {
      const connection = this.#connections[index];
      return connection ? tools.map((tool) => ({ ...tool, server, connection })) : [];
    });
    const names = nameTools(offered, taken);
    return offered.map(({ server, connection, name: tool, ...described }, at) => ({
      ...described,
      name: names[at] ?? tool,
      origin: { type: "mcp", server, tool },
      run: (input, use) => connection.call(tool, input, use),
    }));
  }

  /** Ends every session. Takes a few seconds at most; never throws. */
  async close(): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection.close()));
  }
}

function connect(servers: readonly McpServer[], judge: Judge): Connection[] {
  const names = nameServers(servers);
  return servers.map((server, index) => new Connection(names[index] ?? "", server, judge));
}

function toIssue(error: unknown, index: number, connection: Connection): Issue {
  if (!(error instanceof McpFailure)) throw error;
  const { reason } = error.fault;
  const isTokens = reason === "unauthorized" || reason === "unsendable_token";
  const field = isTokens ? "authorization_token" : "url";
  const type = reason === "address_refused" ? reason : `mcp_server_${reason}`;
  return { loc: ["body", "mcp_servers", index, field], msg: connection.tell(error), type };
}
