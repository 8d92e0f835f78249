// The WebSockets of one object: accepted to hibernate, brought back after it, and obeyed as far as they
// may command.

import { type Grant, permits } from "../protocol/token.ts";
import type { Completion } from "./completion.ts";
import { fromTags, toTags } from "./grant.ts";
import type { Reader } from "./observers.ts";
import { CloseCode, closeSocket, KEEP_ALIVE, parseCommand, SocketObserver } from "./websocket.ts";

interface Watching {
  /** The message that it watches; the object's may be another by now. */
  completion: Completion;
  observer: SocketObserver;
}

export class Sockets {
  readonly #ctx: DurableObjectState;
  readonly #watching = new Map<WebSocket, Watching>();

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
    ctx.setWebSocketAutoResponse(KEEP_ALIVE);
  }

  /** The answer to an upgrade: from then on the message is observed from `after`. */
  accept(completion: Completion, after: number, source?: Reader, grant?: Grant): Response {
    const { 0: client, 1: server } = new WebSocketPair();
    this.#ctx.acceptWebSocket(server, toTags(grant));
    this.#join(completion, server, new SocketObserver(server, after, source));
    return new Response(null, { status: 101, webSocket: client });
  }

  /** Those that the platform has kept while the object was away. */
  restore(completion: Completion | undefined): void {
    for (const socket of this.#ctx.getWebSockets()) {
      const observer = SocketObserver.restore(socket);
      if (!completion) {
        closeSocket(socket, CloseCode.deleted, "deleted");
      } else if (!completion.admits(this.#grantOf(socket))) {
        closeSocket(socket, CloseCode.revoked, "revoked or expired");
      } else if (observer.after > completion.last) {
        closeSocket(socket, CloseCode.restarted, "restarted; resume from the last id");
      } else {
        this.#join(completion, socket, observer);
      }
    }
  }

  /** What a client says. */
  obey(socket: WebSocket, frame: string | ArrayBuffer): void {
    const watching = this.#watching.get(socket);
    if (!watching) return; // let go already
    const { completion } = watching;
    const grant = this.#grantOf(socket);
    if (!parseCommand(frame)) {
      this.forget(socket);
      closeSocket(socket, CloseCode.malformed, 'the only command is {"type":"cancel"}');
    } else if (grant && !permits(grant, "control")) {
      this.forget(socket);
      closeSocket(socket, CloseCode.forbidden, "this token does not allow to cancel");
    } else if (completion.admits(grant)) {
      completion.cancel();
    }
  }

  forget(socket: WebSocket): void {
    const watching = this.#watching.get(socket);
    watching?.completion.leave(watching.observer);
    this.#watching.delete(socket);
  }

  #join(completion: Completion, socket: WebSocket, observer: SocketObserver): void {
    this.#watching.set(socket, { completion, observer });
    completion.join(observer, this.#grantOf(socket));
  }

  #grantOf(socket: WebSocket): Grant | undefined {
    return fromTags(this.#ctx.getTags(socket));
  }
}
