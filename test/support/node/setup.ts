// Starts the upstreams that the tests in workerd talk to, once for all of them, and says where they
// are. Runs in Node.

import type { TestProject } from "vitest/node";
import { createAimock } from "./aimock.ts";
import { startEmulator } from "./emulator.ts";

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const aimock = createAimock();
  const [, emulator] = await Promise.all([aimock.start(), startEmulator()]);
  project.provide("aimock", aimock.url);
  project.provide("emulator", emulator.url);
  return async () => {
    await Promise.all([aimock.stop(), emulator.stop()]);
  };
}
