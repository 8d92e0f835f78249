// An upstream that tells a tale at one pace or another, and goes on where a request ends with the
// beginning of it: aimock, made by others, does the talking.

import { type FixtureOpts, LLMock } from "@copilotkit/aimock";

const SPACES = [" ", "  ", "\n\n"];
/** Much white space: what an upstream is handed must not end in it, and what it answers begins with it. */
const TALE = Array.from({ length: 100 }, (_, n) => `${n} ü${SPACES[n % SPACES.length]}`).join("");

export const TALES = ["tale-slow", "tale-fast", "tale-late"] as const;

/** Characters at once, and ms between; or ms before the first, and how many a second. */
const PACES: Record<(typeof TALES)[number], FixtureOpts> = {
  "tale-slow": { chunkSize: 10, latency: 30 },
  "tale-fast": { chunkSize: 3, latency: 3 },
  "tale-late": { chunkSize: 100, streamingProfile: { ttft: 700, tps: 20 } },
};

export function createTales(): LLMock {
  const mock = new LLMock({ port: 0, host: "127.0.0.1" });
  for (const [model, pace] of Object.entries(PACES)) {
    const tell = ({ messages }: { messages: { role: string; content: unknown }[] }) => {
      const last = messages.at(-1);
      const said = last?.role === "assistant" ? `${last.content}` : "";
      const isFit = TALE.startsWith(said) && said === said.trimEnd();
      if (isFit) return { content: TALE.slice(said.length) };
      return { status: 400, error: { message: `not a beginning to go on from: ${said}` } };
    };
    mock.on({ model }, tell, pace);
  }
  return mock;
}
