// What can go wrong with an MCP server, and how a caller or a model is told. No sentence holds an
// address or a token.

export type Fault =
  /** The sentence of whoever judged it. */
  | { reason: "address_refused"; sentence: string }
  | { reason: "unsendable_token" }
  | { reason: "unreachable" }
  | { reason: "unauthorized"; status: number }
  | { reason: "redirected" }
  | { reason: "refused"; status: number }
  /** It has lost the session: the request was not looked at. */
  | { reason: "forgotten"; status: number }
  /** What it answered is not what the protocol has there. */
  | { reason: "not_mcp" }
  | { reason: "too_much"; limitBytes: number }
  /** The connection ended before the answer had come. */
  | { reason: "vanished" }
  | { reason: "slow" }
  /** An error of JSON-RPC. */
  | { reason: "error"; code: number; message: string }
  /** More tools, pages or bytes than are taken. */
  | { reason: "list_refused"; sentence: string };

export class McpFailure extends Error {
  override readonly name = "McpFailure";
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(fault.reason);
    this.fault = fault;
  }
}

/** The second half of a sentence whose first half names the server. */
export function tell(fault: Fault): string {
  switch (fault.reason) {
    case "address_refused":
      return `cannot be used: its address ${fault.sentence}`;
    case "unsendable_token":
      return "cannot be sent its authorization_token: it may have printable ASCII characters alone";
    case "unreachable":
      return "could not be reached";
    case "unauthorized":
      return `refuses the authorization_token, or wants one (status ${fault.status})`;
    case "redirected":
      return "redirects to another address; only redirects within its own origin are followed";
    case "refused":
      return `answered with status ${fault.status}`;
    case "forgotten":
      return `lost the session (status ${fault.status})`;
    case "not_mcp":
      return "did not answer as an MCP server does";
    case "too_much":
      return `answered with more than ${fault.limitBytes / 1024 ** 2} MiB`;
    case "vanished":
      return "broke off the connection before it had answered";
    case "slow":
      return "did not answer in time";
    case "error":
      return `answered with error ${fault.code}: ${fault.message}`;
    case "list_refused":
      return fault.sentence;
  }
}

/** Whether a server that failed so at a call may have carried it out all the same. */
export function mayBeDone({ reason }: Fault): boolean {
  return reason === "vanished" || reason === "too_much" || reason === "not_mcp";
}
