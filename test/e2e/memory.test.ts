// What readers that have stopped cost the runtime: next to nothing, since the log is their queue.
// Measured on the bare runtime, from /proc, beside the same run without them.

import assert from "node:assert/strict";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { describe, test } from "node:test";
import { Api } from "./support/api.ts";
import { startBundle } from "./support/bundle.ts";

/** About 107 MB of Server-Sent Events. */
const MODEL = "simulated-800000@0+500ms";
const LEAST_BYTES = 100e6;
/** Of each transport. Without a bound they would cost 1.7 GB. */
const STOPPED = 8;
/** What they may add to the peak of a run while they are stopped, in MiB. */
const MAX_ADDED_MIB = 320;
/** What the peak may be above the beginning while one of each catches up, in MiB. */
const MAX_CATCHING_UP_MIB = 320;
const SAMPLE_MS = 50;
const MAX_DRAIN_MS = 60_000;
/** As much of the end as is looked at, in bytes. */
const TAIL = 400;

const SETTINGS = { LOCAL_ACCESS: "open", MODELS: { "simulated-*": { provider: "simulated" } } };
const UPGRADE = [
  "upgrade: websocket",
  "connection: upgrade",
  "sec-websocket-version: 13",
  "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
];

describe("readers that have stopped", { skip: process.platform !== "linux" }, () => {
  test("cost neither memory nor time, and find everything", { timeout: 120_000 }, async (t) => {
    const alone = await measure(0);
    const beside = await measure(STOPPED);
    // How long the one who reads takes for 100 MB is told, not judged.
    t.diagnostic(`MiB: alone ${JSON.stringify(alone)}, beside ${JSON.stringify(beside)}`);
    assert(beside.whileStopped - alone.whileStopped < MAX_ADDED_MIB);
    assert(beside.catchingUp < MAX_CATCHING_UP_MIB);
  });
});

/**
 * The runtime's peaks above its beginning, in MiB, over one message that one reader reads to its end:
 * while so many others of each transport do not read, and while one of each goes on then. And how long
 * that reader took.
 */
async function measure(stopped: number) {
  const service = await startBundle(SETTINGS);
  try {
    const { id } = await new Api(service.url).start(MODEL);
    const path = `/v1/messages/async/${id}/stream`;
    const stopAll = (headers: string[]) =>
      Promise.all(Array.from({ length: stopped }, () => stop(service.url, path, headers)));
    const [bodies, sockets] = await Promise.all([stopAll([]), stopAll(UPGRADE)]);
    const before = await residentMib();
    const began = performance.now();
    const whileStopped = await peakDuring(() => readAll(`${service.url}${path}`));
    const readMs = Math.round(performance.now() - began);
    const [[body, ...idle], [socket, ...silent]] = [bodies, sockets];
    for (const left of [...idle, ...silent]) left.destroy();
    const catchingUp = await peakDuring(async () => {
      await Promise.all([body, socket].map((one) => one && drain(one)));
    });
    return { whileStopped: whileStopped - before, catchingUp: catchingUp - before, readMs };
  } finally {
    await service.stop();
  }
}

/** The most memory that the runtime had while `work` was done. */
async function peakDuring(work: () => Promise<void>): Promise<number> {
  let peak = await residentMib();
  const sampling = setInterval(async () => {
    peak = Math.max(peak, await residentMib());
  }, SAMPLE_MS);
  await work().finally(() => clearInterval(sampling));
  return Math.max(peak, await residentMib());
}

/** Asks, reads the head of the answer, and reads no more. */
async function stop(url: string, path: string, headers: string[]): Promise<Socket> {
  const { hostname, port, host } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(`${[`GET ${path} HTTP/1.1`, `host: ${host}`, ...headers].join("\r\n")}\r\n\r\n`);
  const [head] = await once(socket, "data");
  socket.pause();
  assert.match(String(head), /^HTTP\/1\.1 (200|101) /);
  return socket;
}

/** Goes on reading, to the end of the message. */
async function drain(socket: Socket): Promise<void> {
  const late = AbortSignal.timeout(MAX_DRAIN_MS);
  let bytes = 0;
  let tail = "";
  socket.resume();
  while (!tail.includes('"type":"message_stop"')) {
    const [piece] = (await once(socket, "data", { signal: late })) as [Buffer];
    bytes += piece.length;
    tail = tail.slice(-TAIL) + piece.subarray(-TAIL).toString("latin1");
  }
  socket.destroy();
  assert(bytes > LEAST_BYTES);
}

async function readAll(url: string): Promise<void> {
  const { body } = await fetch(url);
  let bytes = 0;
  let tail = "";
  for await (const piece of body ?? []) {
    bytes += piece.length;
    tail = tail.slice(-TAIL) + Buffer.from(piece.subarray(-TAIL)).toString("latin1");
  }
  assert(bytes > LEAST_BYTES);
  assert.match(tail, /event: message_stop\n.*\n\n$/);
}

/** Resident memory of the runtimes that were started here, in MiB. */
async function residentMib(): Promise<number> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const sizes = pids.map(async (pid) => {
    const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
    const field = (name: string) => new RegExp(`^${name}:\\s+(\\w+)`, "m").exec(status)?.[1];
    const isOurs = field("Name") === "workerd" && Number(field("PPid")) === process.pid;
    return isOurs ? Number(field("VmRSS")) / 1024 : 0;
  });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
