// Streams of OpenAI-compatible servers on file, by name: `openaiStreams.text` is
// fixtures/openai/text.sse. And what each of them amounts to.

/// <reference types="vite/client" />

const files = import.meta.glob<string>("../fixtures/openai/*.sse", {
  query: "?raw",
  import: "default",
  eager: true,
});

export const openaiStreams: Record<string, string> = Object.fromEntries(
  Object.entries(files).map(([path, text]) => [path.replace(/^.*\/|\.sse$/g, ""), text]),
);

/** Asked for in all of them; two of the servers say that they came upon one. */
export const STOP_SEQUENCES = ["END", "\nUser:"];

interface Expected {
  content: { type: string; [key: string]: unknown }[];
  stop_reason: string;
  stop_sequence?: string;
  usage: Record<string, unknown>;
}

/** The failure with which a stream breaks off, and the text that came before it. */
interface Broken {
  failure: { type: string; message: string; retryable: boolean };
  text: string;
}

const text = (text: string) => ({ type: "text", text });
const thinking = (thinking: string) => ({ type: "thinking", thinking, signature: "" });
const tool = (id: unknown, name: string, input: unknown) => ({ type: "tool_use", id, name, input });

/** Tool calls without an id of their own are named `toolu_1`, `toolu_2` … here. */
export const EXPECTED: Record<string, Expected | Broken> = {
  text: {
    content: [text("Hello, world!")],
    stop_reason: "end_turn",
    usage: {
      input_tokens: 11,
      output_tokens: 4,
      cache_read_input_tokens: 0,
      output_tokens_details: { thinking_tokens: 0 },
    },
  },
  "cached-tokens": {
    content: [text("42")],
    stop_reason: "end_turn",
    usage: {
      input_tokens: 86,
      output_tokens: 301,
      cache_read_input_tokens: 1920,
      output_tokens_details: { thinking_tokens: 256 },
    },
  },
  refusal: {
    content: [text("I'm sorry, I can't help with that.")],
    stop_reason: "refusal",
    usage: { input_tokens: 30, output_tokens: 9 },
  },
  length: {
    content: [text("Once upon a time")],
    stop_reason: "max_tokens",
    usage: { input_tokens: 9, output_tokens: 4 },
  },
  "content-filter": {
    content: [text("To begin")],
    stop_reason: "refusal",
    usage: { input_tokens: 15, output_tokens: 2 },
  },
  "parallel-tools": {
    content: [
      tool("call_Zq1", "get_weather", { city: "Paris" }),
      tool("call_Zq2", "get_time", { zone: "Asia/Tokyo" }),
    ],
    stop_reason: "tool_use",
    usage: { input_tokens: 82, output_tokens: 46 },
  },
  "interleaved-tools": {
    content: [
      thinking("Two things to look up."),
      text("Let me look."),
      tool("chatcmpl-tool-a", "search", { query: "blocks }{" }),
      tool("chatcmpl-tool-b", "fetch", { url: "https://example.com/" }),
    ],
    stop_reason: "tool_use",
    usage: { input_tokens: 150, output_tokens: 60 },
  },
  "ollama-tools": {
    content: [
      thinking("Both cities then."),
      tool("call_3yq1", "get_weather", { city: "Paris" }),
      tool("call_k0z7", "get_weather", { city: "Rome" }),
    ],
    stop_reason: "tool_use",
    usage: { input_tokens: 171, output_tokens: 97 },
  },
  "litellm-tools": {
    content: [
      text("Checking the forecast."),
      tool("toolu_01A", "get_weather", { city: "Bergen" }),
      tool("toolu_01B", "now", {}),
    ],
    stop_reason: "tool_use",
    usage: { input_tokens: 400, output_tokens: 70 },
  },
  "object-arguments": {
    content: [
      tool("toolu_1", "add", { a: 1, b: 2 }),
      tool("toolu_2", "add", { a: 3, b: 4 }),
      tool("toolu_3", "now", {}),
    ],
    stop_reason: "tool_use",
    usage: { input_tokens: 0, output_tokens: 3 },
  },
  "function-call": {
    content: [tool("toolu_1", "get_weather", { city: "Oslo" })],
    stop_reason: "tool_use",
    usage: { input_tokens: 70, output_tokens: 15 },
  },
  "vllm-stop-string": {
    content: [text("One, two, three")],
    stop_reason: "stop_sequence",
    stop_sequence: "END",
    usage: { input_tokens: 12, output_tokens: 6 },
  },
  "sglang-matched-stop": {
    content: [text("Observation")],
    stop_reason: "stop_sequence",
    stop_sequence: "\nUser:",
    usage: { input_tokens: 40, output_tokens: 2 },
  },
  "vllm-reasoning": {
    content: [thinking("The user wants 6×7."), text("\n\n42")],
    stop_reason: "end_turn",
    usage: { input_tokens: 20, output_tokens: 10 },
  },
  "llama-cpp": {
    content: [text("Hi there")],
    stop_reason: "end_turn",
    usage: { input_tokens: 14, output_tokens: 3 },
  },
  deepseek: {
    content: [thinking("9.11 is less than 9.9."), text("9.9 is greater.")],
    stop_reason: "end_turn",
    usage: {
      input_tokens: 10,
      output_tokens: 24,
      cache_read_input_tokens: 8,
      output_tokens_details: { thinking_tokens: 15 },
    },
  },
  groq: {
    content: [thinking("Greet."), text("Hey!")],
    stop_reason: "end_turn",
    usage: { input_tokens: 72, output_tokens: 8 },
  },
  openrouter: {
    content: [thinking("Short one."), text("Yes.")],
    stop_reason: "end_turn",
    usage: { input_tokens: 21, output_tokens: 7 },
  },
  "mistral-parts": {
    content: [thinking("Count the letters."), text("Three.")],
    stop_reason: "end_turn",
    usage: { input_tokens: 13, output_tokens: 11 },
  },
  unicode: {
    content: [text('👩‍👩‍👧 naïve שלום 🇳🇴 "\\n" \u2028 é')],
    stop_reason: "end_turn",
    usage: { input_tokens: 5, output_tokens: 17 },
  },
  "workers-ai-native": {
    content: [text("The answer is 42")],
    stop_reason: "end_turn",
    usage: { input_tokens: 25, output_tokens: 7 },
  },
  "workers-ai-native-tools": {
    content: [tool("toolu_1", "get_weather", { city: "Lisbon" })],
    stop_reason: "tool_use",
    usage: { input_tokens: 90, output_tokens: 21 },
  },
  "vllm-error": {
    failure: { type: "api_error", message: "EngineCore encountered an issue.", retryable: true },
    text: "So far",
  },
  "openrouter-error": {
    failure: {
      type: "api_error",
      message: "Upstream error from Chutes: connection lost",
      retryable: true,
    },
    text: "Par",
  },
  "deepseek-exhausted": {
    failure: {
      type: "api_error",
      message: "The upstream gave up on its answer (insufficient_system_resource).",
      retryable: true,
    },
    text: "Half an",
  },
  "early-end": {
    failure: {
      type: "api_error",
      message: "The upstream's stream ended before its answer did.",
      retryable: true,
    },
    text: "So far, so",
  },
};
