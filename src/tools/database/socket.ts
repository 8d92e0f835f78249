// The bytes between the Postgres driver and a server: so many and no more, and encrypted where that
// was asked for, or not at all. Shaped like the part of Node's `net.Socket` that the driver uses.

import { connect } from "cloudflare:sockets";

/** `SSLRequest` (https://www.postgresql.org/docs/current/protocol-message-formats.html). */
const SSL_REQUEST = new Uint8Array([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);
/** The answer of a server that will: one byte, `S`. */
const WILLING = 0x53;

/** The beginning of a `CancelRequest`. */
const CANCEL_REQUEST = [16, 80_877_102];

/** What the driver reads is Node's. */
const { Buffer } = globalThis as unknown as {
  Buffer: { from(bytes: ArrayBuffer, offset: number, length: number): Uint8Array };
};

export interface Place {
  host: string;
  port: number;
  tls: boolean;
}

export interface SocketLimits {
  connectMs: number;
  /** Of all that the server may send. */
  bytes: number;
}

export type SocketReason = "unreachable" | "slow" | "no_tls" | "closed" | "too_much";

export class SocketFault extends Error {
  override readonly name = "SocketFault";
  readonly reason: SocketReason;

  constructor(reason: SocketReason) {
    super(reason);
    this.reason = reason;
  }
}

/** Connects. Throws `SocketFault`. */
export async function openSocket(place: Place, limits: SocketLimits): Promise<DriverSocket> {
  const address = { hostname: place.host, port: place.port };
  const secureTransport = place.tls ? "starttls" : "off";
  const socket = connect(address, { secureTransport, allowHalfOpen: false });
  let timer: number | null = null;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new SocketFault("slow")), limits.connectMs);
  });
  try {
    return new DriverSocket(await Promise.race([prepare(socket, place), late]), limits.bytes);
  } catch (error) {
    socket.close().catch(() => {});
    throw error instanceof SocketFault ? error : new SocketFault("unreachable");
  } finally {
    clearTimeout(timer);
  }
}

/** What a server knows a session by. */
export interface Backend {
  pid: number;
  secret: number;
}

/** Asks the server to give up the statement that a session is at: it is asked by another way. */
export async function cancelStatement(
  place: Place,
  limits: SocketLimits,
  { pid, secret }: Backend,
): Promise<void> {
  const socket = await openSocket(place, limits);
  const request = new DataView(new ArrayBuffer(16));
  for (const [at, word] of [...CANCEL_REQUEST, pid, secret].entries()) {
    request.setUint32(at * 4, word);
  }
  socket.end(new Uint8Array(request.buffer));
}

async function prepare(socket: Socket, { tls }: Place): Promise<Socket> {
  socket.closed.catch(() => {}); // whoever reads is told
  await socket.opened;
  if (!tls) return socket;
  const writer: WritableStreamDefaultWriter<Uint8Array> = socket.writable.getWriter();
  const reader: ReadableStreamDefaultReader<Uint8Array> = socket.readable.getReader();
  await writer.write(SSL_REQUEST);
  const { value } = await reader.read();
  // More than the one byte is what somebody in between would like to pass for encrypted.
  if (value?.length !== 1 || value[0] !== WILLING) throw new SocketFault("no_tls");
  writer.releaseLock();
  reader.releaseLock();
  const secure = socket.startTls(); // the certificate has to be for the host that was connected to
  secure.closed.catch(() => {});
  try {
    await secure.opened;
  } catch {
    throw new SocketFault("no_tls");
  }
  return secure;
}

type Listener = (value?: unknown) => void;

export class DriverSocket {
  readyState: "open" | "closed" = "open";
  readonly #socket: Socket;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #listeners = new Map<string, Listener[]>();

  constructor(socket: Socket, maxBytes: number) {
    this.#socket = socket;
    this.#writer = socket.writable.getWriter();
    this.#read(maxBytes);
  }

  on(event: string, listener: Listener): void {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
  }

  once(event: string, listener: Listener): void {
    const first: Listener = (value) => {
      this.removeListener(event, first);
      listener(value);
    };
    this.on(event, first);
  }

  removeListener(event: string, listener: Listener): void {
    const others = this.#listeners.get(event)?.filter((one) => one !== listener);
    this.#listeners.set(event, others ?? []);
  }

  removeAllListeners(): void {
    this.#listeners.clear();
  }

  /** True: there is no need to wait for `drain`, what is sent is short. */
  write(bytes: Uint8Array, done: () => void = () => {}): boolean {
    this.#writer.write(bytes).then(done, () => this.#fail("closed"));
    return true;
  }

  end(bytes?: Uint8Array): void {
    this.#close(bytes && this.#writer.write(bytes));
  }

  destroy(): void {
    this.#close();
  }

  async #read(maxBytes: number): Promise<void> {
    let left = maxBytes;
    try {
      for await (const bytes of this.#socket.readable as ReadableStream<Uint8Array<ArrayBuffer>>) {
        left -= bytes.byteLength;
        if (left < 0) return this.#fail("too_much");
        if (this.readyState === "closed") return;
        this.#emit("data", Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
      }
    } catch {
      // Lost, which is an end as well.
    }
    this.#fail("closed");
  }

  /** The driver connects again, and at once, when a connection just closes: it has to be an error. */
  #fail(reason: SocketReason): void {
    if (this.readyState === "closed") return;
    this.#emit("error", new SocketFault(reason));
    this.#close();
  }

  async #close(written?: Promise<void>): Promise<void> {
    if (this.readyState === "closed") return;
    this.readyState = "closed";
    // Later, as of Node's: the driver listens only once it has asked for the end.
    queueMicrotask(() => this.#emit("close"));
    await written?.catch(() => {});
    await this.#socket.close().catch(() => {});
  }

  #emit(event: string, value?: unknown): void {
    for (const listener of this.#listeners.get(event) ?? []) listener(value);
  }
}
