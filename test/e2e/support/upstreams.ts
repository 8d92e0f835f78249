// The service between its users and emulated upstreams, in both dialects: aimock, made by others,
// answers `claude-*` and `gpt-*`; our own emulator plays scripts for `script-*`.

import { createHash } from "node:crypto";
import type { LLMock } from "@copilotkit/aimock";
import { createAimock } from "../../support/node/aimock.ts";
import { startEmulator } from "../../support/node/emulator.ts";
import type { Anthropic } from "./sdk.ts";
import { type Service, startService } from "./service.ts";

/** What a caller of a service started with `KEYS` has to show. */
export const KEY = "acme-key";
export const KEYS = { acme: createHash("sha256").update(KEY).digest("hex") };

export interface World {
  service: Service;
  aimock: LLMock;
  /** The address of our own emulator, for the functions of script.ts. */
  emulator: string;
  stop(): Promise<void>;
}

/** The service is started by `start`: as for development, unless said. */
export async function startWorld(
  vars: Record<string, unknown> = {},
  start = (vars: Record<string, unknown>): Promise<Service> => startService({ vars }),
): Promise<World> {
  const aimock = createAimock();
  const [, emulator] = await Promise.all([aimock.start(), startEmulator()]);
  const stopUpstreams = () => Promise.all([aimock.stop(), emulator.stop()]);
  const MODELS = {
    "claude-*": { provider: "anthropic", base_url: aimock.url, key: "ANTHROPIC_API_KEY" },
    "gpt-*": { provider: "openai", base_url: `${aimock.url}/v1`, key: "OPENAI_API_KEY" },
    "script-anthropic": { provider: "anthropic", base_url: `${emulator.url}/anthropic` },
    "script-openai": { provider: "openai", base_url: `${emulator.url}/openai/v1` },
    simulated: { provider: "simulated" },
    "simulated-*": { provider: "simulated" },
  };
  const secrets = { ANTHROPIC_API_KEY: "sk-ant-test", OPENAI_API_KEY: "sk-test" };
  try {
    const service = await start({ MODELS, ...secrets, ...vars });
    const stop = async () => {
      await Promise.all([service.stop(), stopUpstreams()]);
    };
    return { service, aimock, emulator: emulator.url, stop };
  } catch (error) {
    await stopUpstreams();
    throw error;
  }
}

/** A message as the asynchronous half has kept it. */
export async function fetchKept({ service }: World, id: string | null | undefined) {
  const headers = { authorization: `Bearer ${KEY}` };
  const response = await fetch(`${service.url}/v1/messages/async/${id}`, { headers });
  return (await response.json()) as Anthropic.Message & { status: string };
}
