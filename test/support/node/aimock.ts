// Answers for aimock, the upstream emulator by others, which speaks both dialects. A prompt picks
// one by the word it holds: `@text`, `@reasoning`, ... Words differ in more than their ending,
// because aimock looks for them anywhere in the prompt.

import { LLMock } from "@copilotkit/aimock";

const USAGE = { prompt_tokens: 11, completion_tokens: 9, input_tokens: 11, output_tokens: 9 };
const TEXT = { content: "The quick brown fox jumps over the lazy dog.", usage: USAGE };
const PACE = { chunkSize: 8, latency: 1 };

/** The finish reasons of Chat Completions, by the word that asks for them. */
const FINISH_REASONS = { "@stop": "stop", "@length": "length", "@filter": "content_filter" };

export function createAimock(): LLMock {
  const mock = new LLMock({ port: 0, host: "127.0.0.1" });

  mock.onMessage("@text", TEXT, PACE);
  mock.onMessage(
    "@reasoning",
    { reasoning: "Let me think about it.", reasoningSignature: "c2ln", ...TEXT },
    PACE,
  );
  mock.onMessage("@redacted", { redactedThinking: ["ZW5j"], ...TEXT }, PACE);
  for (const [word, finishReason] of Object.entries(FINISH_REASONS)) {
    mock.onMessage(word, { ...TEXT, finishReason }, PACE);
  }

  // Two calls at once; when their results are there, the answer. The first entry that fits wins.
  mock.on(
    { userMessage: "@tools", hasToolResult: true },
    { content: "Paris has 18 degrees, Rome 24.", usage: USAGE },
    PACE,
  );
  mock.onMessage(
    "@tools",
    {
      content: "I will look.",
      toolCalls: [
        { id: "call_paris", name: "get_weather", arguments: { city: "Paris" } },
        { id: "call_rome", name: "get_weather", arguments: { city: "Rome" } },
      ],
      finishReason: "tool_calls",
      usage: USAGE,
    },
    PACE,
  );

  // Failures before the first event.
  for (const [status, type] of [
    [429, "rate_limit_error"],
    [500, "api_error"],
    [529, "overloaded_error"],
  ] as const) {
    const error = { message: `emulated ${status}`, type };
    mock.onMessage(`@${status}`, { error, status, retryAfter: 3 });
  }

  // Fails once for each prompt, so that `@flaky` and some unique text is a test's own.
  const failed = new Set<string>();
  mock.onMessage("@flaky", (request) => {
    const prompt = JSON.stringify(request.messages);
    if (failed.has(prompt)) return TEXT;
    failed.add(prompt);
    const error = { message: "emulated overload", type: "overloaded_error" };
    return { error, status: 529 };
  });

  mock.onMessage("@cut", TEXT, { ...PACE, truncateAfterChunks: 4 });
  return mock;
}
