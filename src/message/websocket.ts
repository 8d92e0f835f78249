// Watching over a WebSocket. Sockets hibernate: how far each was told is kept with it, since after
// hibernation only the platform remembers them.

import { FRAME_PING } from "../protocol/frame.ts";
import type { Batch } from "./batch.ts";
import type { Farewell, Observer, Reader } from "./observers.ts";

/** https://www.rfc-editor.org/rfc/rfc6455#section-7.4: 4000-4999 are ours; the last three digits are HTTP's. */
export const CloseCode = {
  ended: 1000,
  malformed: 4400,
  revoked: 4401,
  expired: 4401,
  forbidden: 4403,
  deleted: 4404,
  tooSlow: 4408,
  restarted: 1012,
} as const;

/** A socket with more than this waiting to be sent, in bytes, is not given more. */
const HIGH_WATER_BYTES = 256 * 1024;
/**
 * How soon a socket that is behind is looked at again, at first and at most: the platform does not
 * tell when it drains.
 */
const DRAIN_CHECK_MS = 5;
const MAX_DRAIN_CHECK_MS = 80;
/** A socket that stays above the mark for so long is let go; it resumes from its last id. */
const MAX_LAG_MS = 30_000;
/** An event too long to be taken in that time, at this pace, is given more: else it would never arrive. */
const MIN_BYTES_PER_MS = 32;

/** No frame of ours that a client sends is longer, in UTF-16 units. */
const MAX_COMMAND_LENGTH = 1024;

/** What survives hibernation. */
interface Attachment {
  after: number;
}

/** Answered by the platform, without waking the object or being billed. */
export const KEEP_ALIVE = new WebSocketRequestResponsePair("ping", "pong");

export class SocketObserver implements Observer {
  after: number;
  readonly source: Reader | undefined;
  readonly #socket: WebSocket;

  constructor(socket: WebSocket, after: number, source?: Reader) {
    this.#socket = socket;
    this.after = after;
    this.source = source;
    this.#remember();
  }

  /** The observer that a socket was before hibernation. */
  static restore(socket: WebSocket): SocketObserver {
    const { after } = socket.deserializeAttachment() as Attachment;
    return new SocketObserver(socket, after);
  }

  write(batch: Batch): Promise<void> | undefined {
    if (this.#socket.readyState !== WebSocket.OPEN) return Promise.reject(new Error("closed"));
    for (const frame of batch.frames) this.#socket.send(frame);
    this.#remember();
    return this.#waiting > HIGH_WATER_BYTES ? this.#drained() : undefined;
  }

  ping(): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(FRAME_PING);
  }

  close(farewell: Farewell): void {
    closeSocket(this.#socket, CloseCode[farewell], farewell);
  }

  #remember(): void {
    this.#socket.serializeAttachment({ after: this.after } satisfies Attachment);
  }

  /** Bytes accepted for sending and not sent yet. */
  get #waiting(): number {
    return (this.#socket as WebSocket & { bufferedAmount?: number }).bufferedAmount ?? 0;
  }

  async #drained(): Promise<void> {
    const deadline = Date.now() + Math.max(MAX_LAG_MS, this.#waiting / MIN_BYTES_PER_MS);
    let waitMs = DRAIN_CHECK_MS;
    while (this.#waiting > HIGH_WATER_BYTES && this.#socket.readyState === WebSocket.OPEN) {
      if (Date.now() > deadline) {
        closeSocket(this.#socket, CloseCode.tooSlow, "too slow; resume from the last id");
        throw new Error("too slow");
      }
      await scheduler.wait(waitMs);
      waitMs = Math.min(waitMs * 2, MAX_DRAIN_CHECK_MS);
    }
  }
}

/** What a client may say. */
export type Command = { type: "cancel" };

/** A frame from a client, or undefined for one that is not ours. */
export function parseCommand(frame: string | ArrayBuffer): Command | undefined {
  if (typeof frame !== "string" || frame.length > MAX_COMMAND_LENGTH) return undefined;
  try {
    const { type } = JSON.parse(frame) as { type?: unknown };
    return type === "cancel" ? { type } : undefined;
  } catch {
    return undefined;
  }
}

/** Closes a socket that may be closed already. `reason` is at most 123 bytes of UTF-8. */
export function closeSocket(socket: WebSocket, code: number, reason: string): void {
  try {
    socket.close(code, reason);
  } catch {
    // The peer was faster.
  }
}

/** Answers a peer's close: without it the peer waits ten seconds and then sees 1006. */
export function answerClose(socket: WebSocket, code: number, reason: string): void {
  // 1005, 1006 and 1015 say that no code came; they must not be sent (RFC 6455, section 7.4.1).
  closeSocket(
    socket,
    code === 1005 || code === 1006 || code === 1015 ? CloseCode.ended : code,
    reason,
  );
}
