// Starts the servers that the tests in workerd talk to, once for all of them, and says where they are.
// Runs in Node.

import type { ProvidedContext } from "vitest";
import type { TestProject } from "vitest/node";
import type {} from "../receiver.ts";
import { createAimock } from "./aimock.ts";
import { startEmulator } from "./emulator.ts";
import { startEverything } from "./everything.ts";
import { startMcpServer } from "./mcp-server.ts";
import { startReceiver } from "./receiver.ts";
import { startSite } from "./site.ts";

interface Server {
  url: string;
  stop(): Promise<unknown>;
}

const SERVERS = {
  aimock: startAimock,
  emulator: startEmulator,
  everything: startEverything,
  mcp: startMcpServer,
  receiver: startReceiver,
  site: startSite,
} satisfies Partial<Record<keyof ProvidedContext, () => Promise<Server>>>;

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const names = Object.keys(SERVERS) as (keyof typeof SERVERS)[];
  const servers = await Promise.all(names.map((name) => SERVERS[name]()));
  for (const [at, { url }] of servers.entries()) project.provide(names[at] ?? "aimock", url);
  return async () => {
    await Promise.all(servers.map((server) => server.stop()));
  };
}

async function startAimock(): Promise<Server> {
  const aimock = createAimock();
  await aimock.start();
  return { url: aimock.url, stop: () => aimock.stop() };
}
