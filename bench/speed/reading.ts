// One observer: a request, and what is to be known of the stream that answers it.

import { Agent, type IncomingMessage, type RequestOptions, request } from "node:http";
import { now, StampReader } from "./stamp.ts";

export interface Reading {
  /** When the head of the answer came, and its first delta, and its end; in ms. */
  headAt: number;
  firstAt: number;
  endedAt: number;
  /** Deltas. */
  count: number;
  /** How long after it was sent each delta came, in ms; of those sent since the head came: others were waiting. */
  delays: number[];
  bytes: number;
}

const agent = new Agent({
  keepAlive: true,
  maxSockets: Number.POSITIVE_INFINITY,
  scheduling: "lifo",
});

/** Asks; resolves with the head of the answer. Rejects for any other status than 200. */
export function ask(
  url: string,
  { body, ...options }: RequestOptions & { body?: string | undefined } = {},
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? "GET" : "POST";
    const headers = { ...(body !== undefined && { "content-type": "application/json" }) };
    const asked = request(url, { agent, method, headers, ...options }, (response) => {
      if (response.statusCode === 200) return resolve(response);
      response.resume();
      reject(new Error(`${url} answered with ${response.statusCode}`));
    });
    asked.on("error", reject).end(body);
  });
}

/** To the end. Rejects where the connection breaks. */
export async function read(response: IncomingMessage): Promise<Reading> {
  const reading: Reading = {
    headAt: now(),
    firstAt: 0,
    endedAt: 0,
    count: 0,
    delays: [],
    bytes: 0,
  };
  const stamps = new StampReader();
  await new Promise<void>((resolve, reject) => {
    response.on("data", (piece: Buffer) => {
      const at = now();
      reading.bytes += piece.length;
      for (const stamp of stamps.read(piece)) {
        reading.firstAt ||= at;
        reading.count += 1;
        if (stamp >= reading.headAt) reading.delays.push(at - stamp);
      }
    });
    response.on("end", resolve).on("error", reject);
  });
  reading.endedAt = now();
  return reading;
}

/** Reads to the end and keeps nothing. */
export async function drain(response: IncomingMessage): Promise<void> {
  for await (const _ of response);
}
