// The asynchronous half, as a caller without an SDK speaks it to an open service.

import assert from "node:assert/strict";
import { Collected } from "./collect.ts";

export interface Status {
  status: string;
  completed_at: string | null;
  error_message: string | null;
  metadata: {
    attempts: number;
    last_event_id: number;
    observers: number;
    stop_reason: string | null;
  };
}

export class Api {
  readonly #messages: string;

  constructor(url: string) {
    this.#messages = `${url}/v1/messages/async`;
  }

  /** Starts a message, or finds it started. `fields` are those of the request, beside the usual. */
  async start(
    model: string,
    id: string = crypto.randomUUID(),
    fields: Record<string, unknown> = {},
  ): Promise<{ id: string; status: string }> {
    const response = await fetch(`${this.#messages}?message_id=${id}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model, messages: [{ role: "user", content: "Hello" }], ...fields }),
    });
    assert.equal(response.status, 200);
    const { status } = (await response.json()) as { status: string };
    return { id, status };
  }

  async status(id: string): Promise<Status> {
    const response = await fetch(`${this.#messages}/${id}/status`);
    assert.equal(response.status, 200);
    return (await response.json()) as Status;
  }

  /** Where a message is watched. */
  streamOf(id: string): string {
    return `${this.#messages}/${id}/stream`;
  }

  /** Ends a message: what it has said by then is all that it says. */
  async cancel(id: string): Promise<void> {
    const response = await fetch(`${this.#messages}/${id}/cancel`, { method: "POST" });
    assert.equal(response.status, 200);
  }

  async watch(id: string): Promise<Collected> {
    const response = await fetch(this.streamOf(id));
    assert.equal(response.status, 200);
    return new Collected(response.body);
  }

  /** Everything there is, to the end. */
  async replay(id: string): Promise<string> {
    const watching = await this.watch(id);
    assert.equal(await watching.ended, "complete");
    return watching.text;
  }
}
