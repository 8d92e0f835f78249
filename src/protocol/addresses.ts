// The addresses in a request that this service itself will reach: where each stands, and what for.
// Those of images and documents are not among them: the upstream fetches these.

import { judgeAddress } from "../lib/address.ts";
import type { Artifact } from "./artifact.ts";
import type { MessageRequest } from "./request.ts";
import { isBuiltInTool } from "./tool.ts";

export interface Address {
  kind: "webhook" | "mcp_server" | "uri" | "database";
  address: string;
  path: (string | number)[];
}

/** What each kind can be spoken to in, as `URL.protocol` has it. */
export const PROTOCOLS: Record<Address["kind"], readonly string[]> = {
  webhook: ["https:"],
  mcp_server: ["https:", "http:"],
  uri: ["https:", "http:"],
  database: ["postgresql:", "postgres:"],
};

/**
 * Why an address may not be reached, as `judgeAddress` has it. A webhook may go in plain text to a host
 * that is not public and that `allowedHosts` lists: where somebody develops there is no certificate.
 */
export function judgeKind(
  kind: Address["kind"],
  address: string,
  allowedHosts: readonly string[],
): string | undefined {
  const why = judgeAddress(address, { protocols: PROTOCOLS[kind], allowedHosts });
  if (why === undefined || kind !== "webhook") return why;
  const plain = { protocols: ["http:"] };
  const isPublic = judgeAddress(address, { ...plain, allowedHosts: [] }) === undefined;
  const isListed = judgeAddress(address, { ...plain, allowedHosts }) === undefined;
  return isListed && !isPublic ? undefined : why;
}

export function* addressesOf(request: MessageRequest): Generator<Address> {
  const { webhook, mcp_servers = [], tool_context, tools = [] } = request;
  if (webhook) yield { kind: "webhook", address: webhook.url, path: ["webhook", "url"] };
  for (const [index, { url }] of mcp_servers.entries()) {
    yield { kind: "mcp_server", address: url, path: ["mcp_servers", index, "url"] };
  }
  yield* inArtifacts(tool_context, ["tool_context"]);
  for (const [index, tool] of tools.entries()) {
    if (isBuiltInTool(tool)) yield* inArtifacts(tool.context, ["tools", index, "context"]);
  }
}

function* inArtifacts(artifacts: Artifact[] = [], path: Address["path"]): Generator<Address> {
  for (const [index, artifact] of artifacts.entries()) {
    if (artifact.type === "uri") {
      yield { kind: "uri", address: artifact.value, path: [...path, index, "value"] };
    } else if (artifact.type === "sql_database") {
      const { connection_string: address } = artifact;
      yield { kind: "database", address, path: [...path, index, "connection_string"] };
    }
  }
}
