// Workers AI: through its binding where the Worker has one, or over its OpenAI-compatible API.
//
// Options of its routes are those of `openai.ts`, and
//   account_id  the account whose API is used instead of the binding; `key` names its token

import type { EventSourceMessage } from "eventsource-parser";
import { isRecord } from "../../lib/zod-kinds.ts";
import { findRefusal } from "../error-body.ts";
import { readEventStream } from "../event-stream.ts";
import { isRetryableStatus, toErrorType, UpstreamFailure } from "../failure.ts";
import { chatCompletions, openChatCompletion, toHeaders } from "../openai/openai.ts";
import { openaiIgnoredFields, toChatCompletion } from "../openai/request.ts";
import type { Call, Provider } from "../provider.ts";
import { maxTokens, type Route, upstreamModel } from "../route.ts";
import { createNativeTranslator } from "./chunks.ts";

/** As much of the binding as is used. `Ai` types `run` by model, and ours are named at run time. */
interface RawAi {
  run(
    model: string,
    inputs: Record<string, unknown>,
    options: { returnRawResponse: true; signal: AbortSignal; extraHeaders: Record<string, string> },
  ): Promise<Response>;
}

/** A route that names its own server or account goes there; others use the binding. */
export function workersAi(binding: Ai | undefined): Provider {
  return {
    stream(call, signal) {
      const { route, request } = call;
      const base = findBaseUrl(route);
      const open = () => {
        if (base !== undefined) return openChatCompletion(base, call, signal);
        if (binding) return openBinding(binding as unknown as RawAi, call, signal);
        throw new UpstreamFailure(
          "api_error",
          "Workers AI needs the binding AI, or options.account_id (or base_url) of its route in MODELS.",
        );
      };
      return chatCompletions(open, call, createNativeTranslator(maxTokens(route, request)));
    },
    ignoredFields: openaiIgnoredFields,
  };
}

function findBaseUrl({ base_url, options }: Route): string | undefined {
  if (base_url !== undefined || !options.account_id) return base_url;
  const account = encodeURIComponent(String(options.account_id));
  return `https://api.cloudflare.com/client/v4/accounts/${account}/ai/v1`;
}

async function* openBinding(
  ai: RawAi,
  call: Call,
  signal: AbortSignal,
): AsyncGenerator<EventSourceMessage[], void, void> {
  signal.throwIfAborted();
  const { model: _, ...inputs } = toChatCompletion(call);
  const model = upstreamModel(call.route, call.request.model);
  const headers = toHeaders(call);
  headers.delete("authorization"); // the binding is its own credential
  const extraHeaders = Object.fromEntries(headers);
  const response = await ai
    .run(model, inputs, { returnRawResponse: true, signal, extraHeaders })
    .catch((error: unknown) => {
      signal.throwIfAborted();
      const reason = error instanceof Error ? `: ${error.message}` : ".";
      throw new UpstreamFailure("api_error", `Workers AI could not be reached${reason}`, {
        retryable: true,
      });
    });
  const mediaType = response.headers.get("content-type") ?? "";
  if (!response.ok || !response.body || !mediaType.startsWith("text/event-stream")) {
    throw await toFailure(response, model);
  }
  try {
    yield* readEventStream(response.body);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof UpstreamFailure) throw error;
    throw new UpstreamFailure("api_error", "The connection to Workers AI broke off.", {
      retryable: true,
    });
  }
}

/** What an answer of the binding that is not an event stream means. */
async function toFailure(response: Response, model: string): Promise<UpstreamFailure> {
  const json: unknown = await response.json().catch(() => undefined);
  if (response.ok) {
    return new UpstreamFailure(
      "api_error",
      `Workers AI's model ${model} did not answer with a stream.`,
    );
  }
  const { status } = response;
  const message = findMessage(json) ?? `Workers AI answered with status ${status}.`;
  return new UpstreamFailure(toErrorType(status), message, {
    retryable: isRetryableStatus(status),
  });
}

/** As Cloudflare's API has it, or `{internalCode, description}`. */
function findMessage(json: unknown): string | undefined {
  const { description, internalCode } = isRecord(json) ? json : {};
  if (typeof description === "string") return `${description} (${internalCode})`;
  return findRefusal(json).message;
}
