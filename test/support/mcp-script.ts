// What the scripted MCP server (node/mcp-server.ts) shall do, as a test says it: the script travels in
// the server's own address, and the test steers and asks over the control addresses, as with the
// emulated upstream. Runs anywhere that has fetch.

import type { Answer, Step } from "./script.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Addresses of the MCP servers that node/setup.ts starts: the real one's, and of scripted ones. */
    everything: string;
    mcp: string;
  }
}

/**
 * Answers by what is asked: a method of JSON-RPC, or GET or DELETE. The last of a list repeats; what is
 * not named is answered as by a good server with one tool, `echo`. In what is sent, `$id` stands for
 * the id of the request, `$token` for its progress token, and `$n` counts what is sent over again.
 */
export type McpScript = Record<string, Answer[]>;

/** The address of a server that follows `script`, and the id under which it is steered. */
export function scripted(server: string, script: McpScript = {}): { id: string; url: string } {
  const id = crypto.randomUUID();
  return { id, url: `${server}/mcp/${id}?script=${encodeURIComponent(JSON.stringify(script))}` };
}

const JSON_TYPE = { "content-type": "application/json" };

/** One answer of JSON-RPC, as JSON. */
export function result(value: unknown): Answer {
  return { headers: JSON_TYPE, steps: [{ send: rpc(`"result":${JSON.stringify(value)}`) }] };
}

export function rpcError(code: number, message: string): Answer {
  const error = JSON.stringify({ code, message });
  return { headers: JSON_TYPE, steps: [{ send: rpc(`"error":${error}`) }] };
}

/** An event stream; its end is that of the steps. */
export function stream(...steps: Step[]): Answer {
  return { headers: { "content-type": "text/event-stream" }, steps: [{ send: "" }, ...steps] };
}

/** One event with the answer. */
export function resultEvent(value: unknown): Step {
  return { send: `event: message\ndata: ${rpc(`"result":${JSON.stringify(value)}`)}\n\n` };
}

/** One event that tells that the server is at work. */
export function progressEvent(progress: number): Step {
  const params = `"params":{"progressToken":$token,"progress":${progress}}`;
  const data = `{"jsonrpc":"2.0","method":"notifications/progress",${params}}`;
  return { send: `event: message\ndata: ${data}\n\n` };
}

export function text(...texts: string[]) {
  return { content: texts.map((text) => ({ type: "text", text })) };
}

/** A page of tools with these names. */
export function page(names: readonly string[], nextCursor?: string): Answer {
  const tools = names.map((name) => ({ name, inputSchema: { type: "object" } }));
  return result({ tools, ...(nextCursor !== undefined && { nextCursor }) });
}

/** `count` tools, each as `tool` writes it, where `$n` is its number. */
export function manyTools(count: number, tool: string): Answer {
  const [before = "", after = ""] = rpc('"result":{"tools":[…{"name":"last"}]}').split("…");
  return {
    headers: JSON_TYPE,
    steps: [{ send: before }, { send: `${tool},`, times: count }, { send: after }],
  };
}

/** `before`, `times` times "x" by the thousand, `after`. */
export function longResult(before: string, times: number, after: string): Answer {
  const [start = "", end = ""] = rpc(`"result":${before}…${after}`).split("…");
  return {
    headers: JSON_TYPE,
    steps: [{ send: start }, { send: "x".repeat(1_000), times }, { send: end }],
  };
}

function rpc(members: string): string {
  return `{"jsonrpc":"2.0","id":$id,${members}}`;
}
