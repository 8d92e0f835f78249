// A web site as a test wants it: pages are put there (../site.ts), and answered byte for byte, wrong
// ones too. What was asked for is told.

import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Page, Piece, Visit } from "../site.ts";
import { type LoopbackServer, listen } from "./loopback.ts";

const MAX_POLL_MS = 10_000;
const TICK_MS = 10;

export function startSite(): Promise<LoopbackServer> {
  const pages = new Map<string, Page>();
  const visits = new Map<string, Visit[]>();

  return listen((request, response) => {
    const url = request.url ?? "/";
    const handling =
      request.method === "PUT"
        ? keep(request).then((page) => void pages.set(url, page))
        : request.method === "POST"
          ? tell(visits.get(url) ?? [], response)
          : show(pages.get(url), request, response, visits);
    handling.then(
      () => response.end(),
      () => response.destroy(),
    );
  });
}

async function keep(request: IncomingMessage): Promise<Page> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece);
  return JSON.parse(Buffer.concat(pieces).toString()) as Page;
}

/** The visits to a page, once none is going on any more. */
async function tell(visits: Visit[], response: ServerResponse): Promise<void> {
  const deadline = Date.now() + MAX_POLL_MS;
  while (visits.some(({ end }) => end === "open") && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
  response.setHeader("content-type", "application/json").write(JSON.stringify(visits));
}

async function show(
  page: Page | undefined,
  { url = "/", headers }: IncomingMessage,
  response: ServerResponse,
  visits: Map<string, Visit[]>,
): Promise<void> {
  const visit: Visit = { headers: headers as Record<string, string>, end: "open" };
  visits.set(url, [...(visits.get(url) ?? []), visit]);
  response.on("close", () => {
    visit.end = response.writableEnded ? "whole" : "left";
  });
  if (!page) return void response.writeHead(404);
  const left = once(response, "close");
  const { status = 200, headers: sent = {}, pieces = [] } = page;
  const sink = page.isRaw ? response.socket : response.writeHead(status, sent);
  for (const piece of pieces) {
    if ("cut" in piece) return void response.destroy();
    if ("hang" in piece) await left;
    else await write(piece, sink, left);
  }
}

/** Writes as fast as the reader takes it, until it leaves. */
async function write(
  { send, encoding, times = 1 }: Extract<Piece, { send: string }>,
  sink: ServerResponse | IncomingMessage["socket"] | null,
  left: Promise<unknown>,
): Promise<void> {
  const bytes = Buffer.from(send, encoding);
  for (let count = 0; count < times && sink && !sink.destroyed; count += 1) {
    if (!sink.write(bytes)) await Promise.race([once(sink, "drain"), left]);
  }
}
