// The tests run in workerd, on the Worker that wrangler.toml describes, with the models and keys of
// below. `vitest run -r test`.

import { cloudflareTest } from "@cloudflare/vitest-pool-workers";
import { defineConfig } from "vitest/config";

/** A port where nobody listens (it is reserved, and below those that a system hands out). */
const REFUSED = "http://127.0.0.1:1";
/** A name that nobody can have (https://www.rfc-editor.org/rfc/rfc6761#section-6.4). */
const NO_HOST = "http://upstream.invalid";
const SPARE = { provider: "simulated", model: "simulated-2@0" };

export default defineConfig({
  plugins: [
    cloudflareTest(async ({ inject }) => {
      const aimock = inject<string>("aimock");
      const emulator = inject<string>("emulator");
      const reachable = ["everything", "mcp", "receiver", "site"].map(
        (name) => new URL(inject(name)).host,
      );
      return {
        wrangler: { configPath: "../wrangler.toml" },
        remoteBindings: false,
        miniflare: {
          bindings: {
            MODELS: {
              default: { provider: "simulated", model: "simulated" },
              simulated: { provider: "simulated" },
              "simulated*": { provider: "simulated" },
              "claude-*": { provider: "anthropic", base_url: aimock, key: "ANTHROPIC_API_KEY" },
              "gpt-*": { provider: "openai", base_url: `${aimock}/v1`, key: "OPENAI_API_KEY" },
              "script-anthropic-continues*": {
                provider: "anthropic",
                base_url: `${emulator}/anthropic`,
                options: { continues: "prefill" },
              },
              "script-anthropic": { provider: "anthropic", base_url: `${emulator}/anthropic` },
              "script-openai": { provider: "openai", base_url: `${emulator}/openai/v1` },
              ...variants(emulator),
              ...reach("script", emulator),
              ...reach("refused", REFUSED),
              ...reach("no-host", NO_HOST),
              ...reach("no-tls", emulator.replace("http:", "https:")), // speaks no TLS
              fallback: [
                { provider: "openai", base_url: `${REFUSED}/v1` },
                { provider: "simulated", model: "simulated" },
              ],
            },
            // A secret is always text.
            API_KEYS: JSON.stringify({
              acme: await sha256("acme-key"),
              globex: await sha256("globex-key"),
            }),
            // The new one, and the one that it takes the place of.
            WEBHOOK_SECRET: [secret("n"), secret("o")].join(" "),
            TOKEN_SECRET: "known to the tests, and to nobody else",
            ANTHROPIC_API_KEY: "sk-ant-test",
            OPENAI_API_KEY: "sk-test",
            ALLOWED_HOSTS: reachable.join(),
            // Short, so that what is waited for comes; long enough for a busy machine.
            STALL_TIMEOUT_SECONDS: 5,
            RUN_DEADLINE_SECONDS: 20,
            FLUSH_INTERVAL_MS: 5,
            UNWATCHED_FLUSH_INTERVAL_MS: 60_000, // whoever asks must not wait for it
            TOOL_TIMEOUT_SECONDS: 5,
            MAX_TURNS: 6,
            MAX_OBSERVERS: 400,
          },
        },
      };
    }),
  ],
  test: {
    include: ["**/*.test.ts"],
    exclude: ["e2e/**"],
    globalSetup: ["./support/node/setup.ts", "./support/node/databases.ts"],
    setupFiles: ["./support/seed.ts"],
    // Long enough for a busy machine: what is waited for comes, and nothing waits that goes well.
    testTimeout: 30_000,
    expect: { poll: { timeout: 10_000 } },
    maxWorkers: "100%", // much of a test is waiting: no processor need be kept free
  },
});

/** The same upstreams by routes with options, and as what Workers AI speaks. */
function variants(base: string) {
  const anthropic = { provider: "anthropic", base_url: `${base}/anthropic` };
  const openai = { provider: "openai", base_url: `${base}/openai/v1` };
  return {
    "script-workers-ai*": { ...openai, provider: "workers-ai" },
    "inner-anthropic*": { ...anthropic, model: "inner" },
    "inner-openai*": { ...openai, model: "inner" },
    "block-anthropic*": { ...anthropic, options: { cache_control: "block" } },
    "extra-anthropic*": { ...anthropic, options: { extra_fields: true } },
    "local-anthropic*": { ...anthropic, options: { context_management: "local" } },
    "native-anthropic*": { ...anthropic, options: { native_mcp: true } },
    "native-tools*": { ...anthropic, options: { native_tools: true } },
    "none-openai*": { ...openai, options: { reasoning_effort_none: true } },
    "sent-openai*": { ...openai, options: { send_reasoning: true } },
    "stops-openai*": { ...openai, options: { local_stop: true } },
  };
}

/** Models at `base` in both dialects, and each with a spare route. Patterns, so that none is listed. */
function reach(name: string, base: string) {
  const anthropic = { provider: "anthropic", base_url: `${base}/anthropic` };
  const openai = { provider: "openai", base_url: `${base}/openai/v1` };
  return {
    [`${name}-anthropic-alone*`]: anthropic,
    [`${name}-anthropic-spare*`]: [anthropic, SPARE],
    [`${name}-openai-alone*`]: openai,
    [`${name}-openai-spare*`]: [openai, SPARE],
  };
}

function secret(letter: string): string {
  return `whsec_${Buffer.from(letter.repeat(32)).toString("base64")}`;
}

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
