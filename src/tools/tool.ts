// The seam between the loop and whatever runs on our side: MCP servers and built-in tools. Knows
// nothing of logs, turns or upstreams.

/** A tool that runs on our side, made for one message. */
export interface ServerTool {
  /** What the model calls it: letters, digits, `_` and `-`, at most 64. Unique among a message's tools. */
  readonly name: string;
  readonly description: string;
  /** JSON Schema of its input. Input that does not fit is answered before it gets here. */
  readonly inputSchema: Record<string, unknown>;
  /** What the system prompt says about it, beside its description. */
  readonly instructions?: string;
  readonly origin: Origin;
  /**
   * Runs one call. What the far side or the input does wrong is an outcome with `isError`, told so
   * that a model can mend it, and never with a secret in it. May throw only when `signal` has
   * aborted, or for a fault of ours: then the loop makes an error result of it.
   */
  run(input: Record<string, unknown>, use: Use): Promise<Outcome>;
}

/** Where a tool comes from decides how its calls and results look in the log. */
export type Origin =
  /** `mcp_tool_use` and `mcp_tool_result`. `tool` is what the server itself calls it. */
  | { type: "mcp"; server: string; tool: string }
  /** `server_tool_use`, and a result block of this type. */
  | { type: "built_in"; result: "server_tool_result" | OwnResult };

/** Results whose content is no list of blocks, but says itself what it is. */
type OwnResult =
  | "web_fetch_tool_result"
  | "bash_code_execution_tool_result"
  | "text_editor_code_execution_tool_result";

/** What goes with one call. */
export interface Use {
  /** Aborts when nobody waits for the outcome any more, or when it took too long. */
  signal: AbortSignal;
  /** Tells that the far side is at work: the time limit begins anew. */
  alive(): void;
}

export interface Outcome {
  /** The `content` of the result block: for most tools a list of content blocks. */
  content: unknown;
  isError: boolean;
}

/** An outcome that is one sentence for the model. */
export function failed(sentence: string): Outcome {
  return { content: [{ type: "text", text: sentence }], isError: true };
}

/** An outcome that is text. */
export function said(text: string): Outcome {
  return { content: [{ type: "text", text }], isError: false };
}
