// The API as an OpenAPI document, made from what checks requests and from one row for each endpoint.
// https://spec.openapis.org/oas/v3.1.1

import { type Operation, toRef } from "./operation.ts";
import { OPERATIONS } from "./operations.ts";
import { problemResponses } from "./problems.ts";
import { schemas } from "./schemas.ts";
import { webhooks } from "./webhooks.ts";

const VERSION = "1";

/** Any endpoint that wants a key can meet these. */
const COMMON_PROBLEMS = [401, 429, 500, 503];

const EXAMPLE = {
  model: "simulated",
  max_tokens: 500,
  messages: [{ role: "user", content: "Tell me about rivers." }],
};

const EXAMPLE_STREAM = `retry: 1000

id: 3
event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Rivers"}}

`;

export interface Document {
  openapi: "3.1.0";
  paths: Record<string, Record<string, unknown>>;
  components: { schemas: Record<string, Record<string, unknown>>; [kind: string]: unknown };
  [field: string]: unknown;
}

export function createDocument(): Document {
  const paths: Document["paths"] = {};
  for (const operation of OPERATIONS) {
    paths[operation.path] = {
      ...paths[operation.path],
      [operation.method]: describe(operation),
    };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "async-messages",
      version: VERSION,
      description: "Start a chat completion, watch its stream from anywhere, never lose a word.",
    },
    paths,
    webhooks: webhooks(),
    components: {
      schemas: schemas(),
      responses: problemResponses(),
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer" },
        key: { type: "apiKey", in: "header", name: "x-api-key" },
      },
    },
    security: [{ bearer: [] }, { key: [] }],
  };
}

function describe(operation: Operation) {
  const {
    summary,
    parameters,
    takes,
    takesForm,
    takesBytes,
    answers,
    problems = [],
    isOpen,
  } = operation;
  const told = isOpen ? [] : [...COMMON_PROBLEMS, ...problems];
  return {
    summary,
    ...(parameters && { parameters }),
    ...(takes && {
      requestBody: {
        required: true,
        content: {
          "application/json": { schema: toRef(takes), ...exampleOf(takes) },
          ...(takesForm && { "multipart/form-data": { schema: toRef(takesForm) } }),
        },
      },
    }),
    ...(takesBytes && {
      requestBody: {
        required: true,
        content: { "application/octet-stream": { schema: toRef(takesBytes) } },
      },
    }),
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, { description, content }]) => [
          status,
          { description, ...(content && { content: toContent(content) }) },
        ]),
      ),
      ...Object.fromEntries(
        told.map((status) => [status, { $ref: `#/components/responses/Problem${status}` }]),
      ),
    },
    ...(isOpen && { security: [] }),
  };
}

function exampleOf(takes: string) {
  return takes === "MessageRequest" ? { example: EXAMPLE } : {};
}

function toContent(content: Record<string, string>) {
  return Object.fromEntries(
    Object.entries(content).map(([type, name]) => [type, toMedia(type, name)]),
  );
}

function toMedia(type: string, name: string) {
  if (type === "text/event-stream") return { schema: toRef(name), example: EXAMPLE_STREAM };
  // A page of the log is a list.
  return { schema: name === "LoggedEvent" ? { type: "array", items: toRef(name) } : toRef(name) };
}
