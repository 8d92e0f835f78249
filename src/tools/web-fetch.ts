// The tool `web_fetch`, PrivateGPT's and the Messages API's: a page as text. What may be reached, and
// how much of it, is for the outbound.
// https://docs.claude.com/en/docs/agents-and-tools/tool-use/web-fetch-tool

import * as z from "zod";
import { fitsDomainRule, isDomainRule } from "../lib/domain-rule.ts";
import { fields, list } from "../lib/zod-kinds.ts";
import { type Tool, toolName } from "../protocol/tool.ts";
import { type Fetched, type Judge, type Outbound, type Refusal, toSentence } from "./outbound.ts";
import { readBytes } from "./text.ts";
import type { Outcome, ServerTool } from "./tool.ts";

const MAX_URL_LENGTH = 2_048;

/** What a page may be worth in tokens where the tool does not say: a long article, not a book. */
const DEFAULT_CONTENT_TOKENS = 25_000;
const CHARACTERS_PER_TOKEN = 4;

const MAX_DOMAINS = 1_024;
const domains = list(
  z
    .string()
    .max(MAX_URL_LENGTH)
    .refine(isDomainRule, "must be like example.com or example.com/path"),
  MAX_DOMAINS,
);

/** What the tool of a request says about itself, beyond its type and name. */
export const webFetchOptions = fields({
  description: z.string().optional(),
  instructions: z.string().optional(),
  max_uses: z.int().min(1).optional(),
  max_content_tokens: z.int().min(1).optional(),
  allowed_domains: domains.optional(),
  blocked_domains: domains.optional(),
  citations: fields({ enabled: z.boolean().optional() }).optional(),
});
type WebFetchOptions = z.output<typeof webFetchOptions>;

type ErrorCode =
  | "invalid_tool_input"
  | "url_too_long"
  | "url_not_allowed"
  | "url_not_accessible"
  | "unsupported_content_type"
  | "content_too_large"
  | "too_many_requests"
  | "max_uses_exceeded";

const DESCRIPTION =
  "Fetches the web page or text file at an address and returns its text, a page as markdown. " +
  "The address must be complete, beginning with https:// or http://. Only what the server sends is " +
  "read: no scripts are run, no one is logged in, and images and PDFs cannot be read.";

const INPUT_SCHEMA = {
  type: "object",
  properties: { url: { type: "string", description: "The complete address to fetch." } },
  required: ["url"],
};

/**
 * `uses` is how often the message has used it already. Throws a `ZodError` for options that
 * `webFetchOptions` refuses.
 */
export function webFetch(tool: Tool, outbound: Outbound, uses = 0): ServerTool {
  const options = webFetchOptions.parse(tool);
  let used = uses;
  return {
    name: toolName(tool) ?? "web_fetch",
    description: options.description ?? DESCRIPTION,
    inputSchema: INPUT_SCHEMA,
    ...(options.instructions !== undefined && { instructions: options.instructions }),
    origin: { type: "built_in", result: "web_fetch_tool_result" },
    async run({ url }, { signal }) {
      used += 1;
      if (options.max_uses !== undefined && used > options.max_uses) {
        return fault("max_uses_exceeded", `No more than ${options.max_uses} pages can be fetched.`);
      }
      const misfit = misfitOf(url);
      if (misfit) return misfit;
      const accept = "text/html, application/xhtml+xml, text/*;q=0.9, */*;q=0.5";
      const reply = await outbound(`${url}`, { accept, signal, judge: judgeDomain(options) });
      if (reply.ok) return toOutcome(reply.fetched, options);
      return fault(codeOf(reply.refusal), toSentence(reply.refusal));
    },
  };
}

function misfitOf(url: unknown): Outcome | undefined {
  if (typeof url !== "string" || !/^https?:/i.test(url) || !URL.canParse(url)) {
    const message = "The input needs a url that is complete, beginning with https:// or http://.";
    return fault("invalid_tool_input", message);
  }
  if (url.length <= MAX_URL_LENGTH) return undefined;
  return fault("url_too_long", `The address has more than ${MAX_URL_LENGTH} characters.`);
}

/** Blocked wins over allowed. */
function judgeDomain({ allowed_domains, blocked_domains }: WebFetchOptions): Judge {
  return (address) => {
    const url = new URL(address);
    const isIn = (rules: string[]) => rules.some((rule) => fitsDomainRule(url, rule));
    if (blocked_domains && isIn(blocked_domains)) return "is in a domain that is blocked";
    if (allowed_domains && !isIn(allowed_domains)) return "is in no domain that is allowed";
    return undefined;
  };
}

async function toOutcome(
  { url, bytes, contentType }: Fetched,
  { max_content_tokens = DEFAULT_CONTENT_TOKENS, citations }: WebFetchOptions,
): Promise<Outcome> {
  const reading = await readBytes(bytes, contentType, url);
  if (!reading.ok) {
    return fault("unsupported_content_type", `There is no text: this is ${reading.what}.`);
  }
  const { text, title } = reading.text;
  const data = cut(text, max_content_tokens * CHARACTERS_PER_TOKEN);
  const document = {
    type: "document",
    source: { type: "text", media_type: "text/plain", data },
    title: title ?? null,
    citations: citations?.enabled ? { enabled: true } : null,
  };
  const retrieved_at = new Date().toISOString();
  return {
    content: { type: "web_fetch_result", url, content: document, retrieved_at },
    isError: false,
  };
}

function cut(text: string, length: number): string {
  if (text.trim() === "") return "[There is no text here, or none without running scripts.]";
  if (text.length <= length) return text;
  // The first half of a character that takes two units is none.
  const kept = text.slice(0, length).replace(/[\ud800-\udbff]$/, "");
  return `${kept}\n\n[Cut off: ${text.length - kept.length} characters more.]`;
}

function codeOf(refusal: Refusal): ErrorCode {
  switch (refusal.reason) {
    case "forbidden":
      return "url_not_allowed";
    case "too_large":
      return "content_too_large";
    case "encoding":
      return "unsupported_content_type";
    case "status":
      return refusal.status === 429 ? "too_many_requests" : "url_not_accessible";
    case "unreachable":
    case "too_slow":
    case "broken":
    case "too_many_redirects":
      return "url_not_accessible";
  }
}

function fault(error_code: ErrorCode, message: string): Outcome {
  const content = { type: "web_fetch_tool_result_error", error_code, message };
  return { content, isError: true };
}
