// MCP servers that do what a test's script says, at the byte: for what a real server never does. Each
// has an address of its own, which holds the script (../mcp-script.ts); `/control/<id>` tells what was
// seen and opens gates.

import type { IncomingMessage, ServerResponse } from "node:http";
import { type McpScript, page, result, text } from "../mcp-script.ts";
import type { Answer, SeenRequest, Step } from "../script.ts";
import { type LoopbackServer, listen } from "./loopback.ts";
import { Room } from "./room.ts";

const MAX_GATE_MS = 30_000;
const MAX_POLL_MS = 10_000;

interface Message {
  id?: number;
  method?: string;
  params?: { arguments?: unknown; protocolVersion?: string; _meta?: { progressToken?: number } };
}

export function startMcpServer(): Promise<LoopbackServer> {
  const rooms = new Map<string, Room>();
  return listen((request, response) => {
    const url = new URL(request.url ?? "/", "http://mcp");
    const [, first, id = "", verb, gate] = url.pathname.split("/");
    const room = rooms.get(id) ?? new Room();
    rooms.set(id, room);
    const answering =
      first === "control"
        ? steer(room, verb, gate, Number(url.searchParams.get("count") ?? 1), response)
        : answer(request, response, room, url);
    answering.catch((error: unknown) => response.destroy(error as Error));
  });
}

async function steer(
  room: Room,
  verb: string | undefined,
  gate: string | undefined,
  count: number,
  response: ServerResponse,
): Promise<void> {
  if (verb === "open" && gate) room.open(gate);
  const isCounted = ({ aborted }: SeenRequest) => verb === "requested" || aborted;
  const isThere = () => room.requests.filter(isCounted).length >= count;
  const isAsked = verb === "requested" || verb === "aborted";
  const fits = !isAsked || (await room.until(isThere, MAX_POLL_MS));
  response.writeHead(fits ? 200 : 408, { "content-type": "application/json" });
  response.end(JSON.stringify({ requests: room.requests }));
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  room: Room,
  url: URL,
): Promise<void> {
  const body = await readBody(request);
  const message: Message = body === "" ? {} : JSON.parse(body);
  const asked = message.method ?? request.method ?? "";
  const seen: SeenRequest = {
    method: request.method ?? "",
    path: asked,
    headers: request.headers as Record<string, string>,
    body: message as Record<string, unknown>,
    aborted: false,
  };
  const script: McpScript = JSON.parse(url.searchParams.get("script") ?? "{}");
  const answers = script[asked] ?? [usual(asked, message)];
  const before = room.requests.filter(({ path }) => path === asked).length;
  room.requests.push(seen);
  response.on("close", () => {
    seen.aborted = !response.writableEnded && !response.errored;
    room.changed();
  });
  room.changed();
  await play(answers[Math.min(before, answers.length - 1)] as Answer, message, response, room);
}

/** What a good server answers. */
function usual(asked: string, { params }: Message): Answer {
  switch (asked) {
    case "initialize": {
      const { protocolVersion } = params ?? {};
      const serverInfo = { name: "scripted", version: "1" };
      const answer = result({ protocolVersion, capabilities: { tools: {} }, serverInfo });
      return { ...answer, headers: { ...answer.headers, "mcp-session-id": "the-session" } };
    }
    case "tools/list":
      return page(["echo"]);
    case "tools/call":
      return result(text(JSON.stringify(params?.arguments)));
    case "GET":
      return { status: 405, steps: [] };
    case "DELETE":
      return { status: 200, steps: [] };
    default:
      return { status: 202, steps: [] };
  }
}

async function play(
  { status = 200, headers = {}, steps }: Answer,
  message: Message,
  response: ServerResponse,
  room: Room,
): Promise<void> {
  response.writeHead(status, headers);
  for (const step of steps) {
    if (response.destroyed) return;
    await playStep(step, message, response, room);
  }
  response.end();
}

async function playStep(
  step: Step,
  { id, params }: Message,
  response: ServerResponse,
  room: Room,
): Promise<void> {
  if ("cut" in step) response.destroy(new Error("cut"));
  if ("gate" in step) {
    await room.until(() => room.isOpen(step.gate) || response.destroyed, MAX_GATE_MS);
  }
  if (!("send" in step)) return;
  if (step.send === "") response.flushHeaders();
  const token = String(params?._meta?.progressToken);
  const piece = step.send.replaceAll("$id", String(id)).replaceAll("$token", token);
  for (let n = 0; n < (step.times ?? 1) && !response.destroyed; n += 1) {
    const numbered = piece.replaceAll("$n", String(n));
    await new Promise<void>((resolve) => response.write(numbered, () => resolve()));
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}
