// What is usual today, to be measured beside this service: a Node server that keeps each answer as a
// Redis stream and shows it to whoever asks for it by its id. Nothing goes to a disk.
//
//     node bench/speed/redis.ts <port> <upstream> <folder>

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createClient } from "@redis/client";

const LOOK_EVERY_MS = 20;
/** Events that one observer is handed at once. */
const PAGE = 1_000;
/** An upstream's last event. */
const LAST = /^event: message_stop$/m;

const [port, upstream, folder] = process.argv.slice(2) as [string, string, string];
const path = join(folder, "redis.sock");
const VOLATILE = ["--save", "", "--appendonly", "no"];
spawn("redis-server", ["--port", "0", "--unixsocket", path, "--dir", folder, ...VOLATILE]);
while (!existsSync(path)) await delay(LOOK_EVERY_MS);

const connect = () => createClient({ socket: { path, tls: false } }).connect();
type Client = Awaited<ReturnType<typeof connect>>;

interface Entry {
  id: string;
  message: { event: string };
}

const writer = await connect();
/** Whoever waits for events has its connection for itself; those who have left lend theirs on. */
const idle: Client[] = [];

createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://redis");
  const [id] = /[^/]+(?=\/stream$)/.exec(pathname) ?? [];
  if (request.method === "GET") return id ? show(id, response) : response.end();
  const body = String(Buffer.concat(await request.toArray()));
  const message_id = searchParams.get("message_id") ?? crypto.randomUUID();
  void run(message_id, body);
  response.setHeader("content-type", "application/json").end(JSON.stringify({ message_id }));
}).listen(Number(port), "127.0.0.1");

/** Writes each event as it comes. What is not awaited goes out together. */
async function run(id: string, body: string): Promise<void> {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${upstream}/v1/messages`, { method: "POST", headers, body });
  const decoder = new TextDecoder();
  let rest = "";
  for await (const piece of answer.body ?? []) {
    const events = (rest + decoder.decode(piece, { stream: true })).split("\n\n");
    rest = events.pop() ?? "";
    for (const event of events) void writer.xAdd(id, "*", { event });
  }
}

async function show(id: string, response: ServerResponse): Promise<void> {
  const reader = idle.pop() ?? (await connect());
  response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
  let after = "0";
  for (let isOver = false; !isOver && !response.destroyed; ) {
    const found = await reader.xRead({ key: id, id: after }, { BLOCK: 0, COUNT: PAGE });
    const [entry] = found ?? [];
    const messages: Entry[] = entry?.messages ?? [];
    const events = messages.map(({ message }) => message.event);
    response.write(`${events.join("\n\n")}\n\n`);
    after = messages.at(-1)?.id ?? after;
    isOver = LAST.test(events.at(-1) ?? "");
  }
  response.end();
  idle.push(reader);
}
