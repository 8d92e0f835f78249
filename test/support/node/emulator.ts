// An upstream that does what the caller's script says, at the byte: for what aimock cannot do
// The script is the last text of the user in the request, in either dialect, so a
// test anywhere can write it (../script.ts); `/control/<id>` tells what was seen and opens gates.

import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { Answer, Script, SeenRequest, Step } from "../script.ts";
import { type LoopbackServer, listen } from "./loopback.ts";
import { Room } from "./room.ts";

const MAX_WAIT_MS = 5_000;
const MAX_GATE_MS = 30_000;
const MAX_POLL_MS = 10_000;
const MAX_BODY_BYTES = 64 * 1024 ** 2;
/** Scripts remembered; the oldest are forgotten first. */
const MAX_SCRIPTS = 2_000;

export function startEmulator(): Promise<LoopbackServer> {
  const rooms = new Map<string, Room>();
  const roomOf = (id: string): Room => {
    const room = rooms.get(id) ?? new Room();
    rooms.set(id, room);
    const [oldest] = rooms.keys();
    if (rooms.size > MAX_SCRIPTS && oldest !== undefined) rooms.delete(oldest);
    return room;
  };

  return listen((request, response) => {
    const url = new URL(request.url ?? "/", "http://emulator");
    const [, first, id, verb, gate] = url.pathname.split("/");
    const answering =
      first === "control" && id
        ? steer(roomOf(id), verb, gate, Number(url.searchParams.get("count") ?? 1), response)
        : answer(request, response, roomOf);
    answering.catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else
        sendJson(response, 400, { error: { type: "invalid_request_error", message: `${error}` } });
    });
  });
}

async function steer(
  room: Room,
  verb: string | undefined,
  gate: string | undefined,
  count: number,
  response: ServerResponse,
): Promise<void> {
  let fits = true;
  if (verb === "open" && gate) room.open(gate);
  if (verb === "requested") {
    fits = await room.until(() => room.requests.length >= count, MAX_POLL_MS);
  }
  if (verb === "aborted") {
    const left = () => room.requests.filter((request) => request.aborted).length;
    fits = await room.until(() => left() >= count, MAX_POLL_MS);
  }
  sendJson(response, fits ? 200 : 408, { requests: room.requests });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  roomOf: (id: string) => Room,
): Promise<void> {
  const body = JSON.parse(await readBody(request)) as Record<string, unknown>;
  const script = JSON.parse(findScript(body.messages)) as Script;
  const room = roomOf(script.id);
  const seen: SeenRequest = {
    method: request.method ?? "",
    path: request.url ?? "",
    headers: request.headers as Record<string, string>,
    body,
    aborted: false,
  };
  const answers: Answer[] = [script, ...(script.later ?? [])];
  const mine = answers[Math.min(room.requests.push(seen), answers.length) - 1] as Answer;
  response.on("close", () => {
    seen.aborted = !response.writableEnded && !response.errored;
    room.changed();
  });
  room.changed();

  const status = mine.status ?? 200;
  response.statusCode = status;
  response.setHeader("content-type", status === 200 ? "text/event-stream" : "application/json");
  for (const [name, value] of Object.entries(mine.headers ?? {})) response.setHeader(name, value);
  request.socket.setNoDelay(true);
  for (const step of mine.steps) {
    if (response.destroyed) return;
    if (await play(step, response, room)) return;
  }
  response.end();
}

/** One step. True when it was the last. */
async function play(step: Step, response: ServerResponse, room: Room): Promise<boolean> {
  if ("send" in step) {
    const bytes = Buffer.from(step.send);
    for (let left = step.times ?? 1; left > 0 && !response.destroyed; left -= 1) {
      await write(response, bytes);
    }
  }
  if ("bytes" in step) await write(response, Buffer.from(step.bytes, "base64"));
  if ("wait" in step) await delay(Math.min(step.wait, MAX_WAIT_MS));
  if ("gate" in step) {
    const passed = await room.until(
      () => room.isOpen(step.gate) || response.destroyed,
      MAX_GATE_MS,
    );
    if (!passed) response.destroy(new Error(`gate ${step.gate} was never opened`));
  }
  if ("cut" in step) response.destroy(new Error("cut"));
  if ("end" in step) response.end();
  return "cut" in step || "end" in step;
}

async function write(response: ServerResponse, bytes: Buffer): Promise<void> {
  if (bytes.length === 0) return response.flushHeaders();
  // A caller that has left is no error here: the next step notices.
  await new Promise<void>((resolve) => response.write(bytes, () => resolve()));
}

async function readBody(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of request) {
    size += piece.length;
    if (size > MAX_BODY_BYTES) throw new Error("emulator: the request is too large");
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}

/**
 * The last text of the user that is a script, in Anthropic's and in OpenAI's shape of messages alike:
 * what else a tool's result holds beside its text comes from the user as well.
 */
function findScript(messages: unknown): string {
  for (const message of Array.isArray(messages) ? messages.toReversed() : []) {
    if (message.role !== "user") continue;
    const { content } = message;
    const texts: string[] =
      typeof content === "string"
        ? [content]
        : content.map((block: { text?: string }) => block.text);
    const script = texts.findLast((text) => text?.startsWith("{"));
    if (script) return script;
  }
  throw new Error("emulator: no text of the user holds a script");
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
