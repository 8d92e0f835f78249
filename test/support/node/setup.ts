// Starts the upstreams and MCP servers that the tests in workerd talk to, once for all of them, and
// says where they are. Runs in Node.

import type { TestProject } from "vitest/node";
import { createAimock } from "./aimock.ts";
import { startEmulator } from "./emulator.ts";
import { startEverything } from "./everything.ts";
import { startMcpServer } from "./mcp-server.ts";

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const aimock = createAimock();
  const [, emulator, everything, mcp] = await Promise.all([
    aimock.start(),
    startEmulator(),
    startEverything(),
    startMcpServer(),
  ]);
  project.provide("aimock", aimock.url);
  project.provide("emulator", emulator.url);
  project.provide("everything", everything.url);
  project.provide("mcp", mcp.url);
  return async () => {
    await Promise.all([aimock.stop(), emulator.stop(), everything.stop(), mcp.stop()]);
  };
}
