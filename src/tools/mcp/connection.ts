// One MCP server of one message: its session, opened when it is needed, and what its calls come to.

import type { Judge } from "../outbound.ts";
import { failed, type Outcome, type Use } from "../tool.ts";
import { McpFailure, mayBeDone, tell } from "./fault.ts";
import type { Allowance, ListedTool, McpServer } from "./listing.ts";
import { toOutcome, withoutToken } from "./outcome.ts";
import type { Session } from "./session.ts";

/** From the first request of a session to the moment when tools can be called. */
const OPEN_TIMEOUT_MS = 15_000;

/** A failure is told this far: an error may be of any length. In UTF-16 units. */
const MAX_SENTENCE_LENGTH = 2_000;

export class Connection {
  /** What the server is called. */
  readonly name: string;
  readonly #server: McpServer;
  readonly #judge: Judge;
  readonly #closing = new AbortController();
  #session: Promise<Session> | undefined;

  constructor(name: string, server: McpServer, judge: Judge) {
    this.name = name;
    this.#server = server;
    this.#judge = judge;
  }

  /** What the server offers. Throws `McpFailure`. */
  async list(allowance: Allowance, deadline: AbortSignal): Promise<ListedTool[]> {
    try {
      const session = await this.#open(deadline);
      return await allowance.take(session.listTools(deadline), this.#server);
    } catch (error) {
      throw deadline.aborted ? new McpFailure({ reason: "slow" }) : error;
    }
  }

  /** Throws the reason of the signal once that has aborted. */
  async call(tool: string, input: Record<string, unknown>, use: Use): Promise<Outcome> {
    try {
      return await this.#call(tool, input, use).catch((error) => {
        const isForgotten = error instanceof McpFailure && error.fault.reason === "forgotten";
        if (isForgotten) return this.#call(tool, input, use); // the server has not looked at it
        throw error;
      });
    } catch (error) {
      use.signal.throwIfAborted();
      if (error instanceof McpFailure) return failed(this.tell(error));
      throw error;
    }
  }

  /** The sentence on a failure. */
  tell({ fault }: McpFailure): string {
    const sentence = `MCP server ${this.name} ${tell(fault)}.`;
    const told = withoutToken(sentence, this.#server.authorization_token);
    return told.slice(0, MAX_SENTENCE_LENGTH).toWellFormed();
  }

  /** Ends the session, also one that is being opened. Takes a few seconds at most; never throws. */
  async close(): Promise<void> {
    this.#closing.abort();
    const session = await this.#session?.catch(() => undefined);
    await session?.close();
  }

  async #call(tool: string, input: Record<string, unknown>, use: Use): Promise<Outcome> {
    const opening = this.#open();
    const session = await opening;
    try {
      const result = await session.call(tool, input, use);
      return toOutcome(result, this.#server.authorization_token);
    } catch (error) {
      if (!(error instanceof McpFailure) || !mayBeDone(error.fault)) throw error;
      return failed(`${this.tell(error)} Whether the call was carried out is not known.`);
    } finally {
      if (!session.isOpen) this.#forget(opening);
    }
  }

  /** The one session: whoever comes while it is being opened waits for the same. */
  #open(deadline?: AbortSignal): Promise<Session> {
    if (this.#session) return this.#session;
    const opening = this.#connect(deadline);
    opening.catch(() => this.#forget(opening));
    this.#session = opening;
    return opening;
  }

  async #connect(deadline = AbortSignal.timeout(OPEN_TIMEOUT_MS)): Promise<Session> {
    const { url, authorization_token: token } = this.#server;
    // The runtime would send others too, and write them into its log.
    const isSendable = /^[ -~]*$/.test(token ?? "");
    if (!isSendable) throw new McpFailure({ reason: "unsendable_token" });
    const signal = AbortSignal.any([deadline, this.#closing.signal]);
    try {
      const { Session } = await import("./session.ts");
      return await Session.open({ url, token, judge: this.#judge }, signal);
    } catch (error) {
      throw signal.aborted ? new McpFailure({ reason: "slow" }) : error;
    }
  }

  #forget(opening: Promise<Session>): void {
    if (this.#session === opening) this.#session = undefined;
  }
}
