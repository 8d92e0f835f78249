// Every endpoint of the API: what it does, takes and answers. One row each.

import { CONTAINER_OPERATIONS } from "./container-operations.ts";
import { inHeader, inQuery, json, type Operation, type Parameter } from "./operation.ts";
import { SKILL_OPERATIONS } from "./skill-operations.ts";

const string = { type: "string" };
const id: Parameter = {
  name: "message_id",
  in: "path",
  description: "1 to 128 characters of A-Z a-z 0-9 _ - . :",
  required: true,
  schema: { type: "string", pattern: "^[A-Za-z0-9_.:-]{1,128}$" },
};
const own: Parameter = {
  ...id,
  in: "query",
  required: false,
  description:
    "The caller's own id, which makes a retry safe: the same id with the same body is the same message.",
};
const stream = { "text/event-stream": "StreamEvent" };
const ASYNC = "/v1/messages/async";
const ONE = `${ASYNC}/{message_id}`;

export const OPERATIONS: readonly Operation[] = [
  {
    method: "post",
    path: ASYNC,
    summary: "Start a message. Answers as soon as the request is durable.",
    parameters: [own],
    takes: "MessageRequest",
    answers: { 200: { description: "Started, or started before.", content: json("Started") } },
    problems: [400, 409, 413, 422],
  },
  {
    method: "get",
    path: ONE,
    summary: "The message so far, folded: partial while it runs, final afterwards.",
    parameters: [id],
    answers: { 200: { description: "The message and its `status`.", content: json("Message") } },
    problems: [404, 422],
  },
  {
    method: "get",
    path: `${ONE}/stream`,
    summary: "Observe over Server-Sent Events, or over a WebSocket by an upgrade.",
    parameters: [
      id,
      inHeader("last-event-id", "Go on after this id."),
      inQuery("starting_after", "The same, for clients that cannot set headers."),
      inQuery("from", "`snapshot`: what there is folded, then what comes. `now`: only what comes."),
      inQuery("format", "`openai` or `ui-message-stream`: the same events in another dialect."),
    ],
    answers: {
      101: { description: 'Frames of `{"id", "event", "data"}`.' },
      200: { description: "Events, each with its id, up to the last.", content: stream },
      204: { description: "Nothing follows the id that was named: the message has ended." },
    },
    problems: [404, 422],
  },
  {
    method: "get",
    path: `${ONE}/events`,
    summary: "The log in pages, and by long-poll: the read half of the Durable Streams protocol.",
    parameters: [
      id,
      inQuery("offset", "`-1` for the start, `now`, or the `stream-next-offset` of a page before."),
      inQuery("live", "`long-poll` or `sse`: wait for what comes."),
    ],
    answers: {
      200: { description: "A list of events.", content: json("LoggedEvent") },
      204: { description: "Nothing came in time, or nothing follows." },
      304: { description: "As the `if-none-match` of the caller has it." },
    },
    problems: [400, 404],
  },
  {
    method: "get",
    path: `${ONE}/status`,
    summary: "Where a message stands: state, usage so far, timings, what was ignored.",
    parameters: [id],
    answers: { 200: { description: "The status.", content: json("Status") } },
    problems: [404, 422],
  },
  {
    method: "post",
    path: `${ONE}/cancel`,
    summary: "Stop a message, upstream included, and keep what there is.",
    parameters: [id],
    answers: { 200: { description: "Its end, durable.", content: json("Started") } },
    problems: [404, 422],
  },
  {
    method: "post",
    path: `${ONE}/tokens`,
    summary: "Leave to watch this one message, for browsers: an hour unless said, 24 at most.",
    parameters: [id],
    takes: "TokenRequest",
    answers: { 200: { description: "The token.", content: json("Token") } },
    problems: [403, 404, 422],
  },
  {
    method: "delete",
    path: `${ONE}/tokens`,
    summary: "Take all tokens of this message back; those who watch with one are let go.",
    parameters: [id],
    answers: { 204: { description: "They are good for nothing any more." } },
    problems: [403, 404, 422],
  },
  ...[ONE, `${ONE}/delete`].map(
    (path): Operation => ({
      method: "delete",
      path,
      summary: "Stop a message, end all who watch it, and erase everything.",
      parameters: [id],
      answers: { 204: { description: "It is gone." } },
      problems: [404, 422],
    }),
  ),
  {
    method: "post",
    path: "/v1/messages",
    summary: "The synchronous twin: the whole message, or its events with `stream: true`.",
    parameters: [own],
    takes: "MessageRequest",
    answers: {
      200: {
        description: "The message. The header `message-id` names it.",
        content: { ...json("Message"), ...stream },
      },
    },
    problems: [400, 403, 404, 409, 413, 422, 504, 529],
  },
  {
    method: "post",
    path: "/v1/messages/validate",
    summary: "What starting would say of a request, without starting.",
    takes: "MessageRequest",
    answers: { 200: { description: "The verdict.", content: json("Validation") } },
    problems: [400, 413, 422],
  },
  {
    method: "post",
    path: "/v1/messages/count_tokens",
    summary: "How long a request is, as the model's own upstream counts it.",
    takes: "MessageRequest",
    answers: { 200: { description: "The count.", content: json("TokenCount") } },
    problems: [400, 413, 422, 504, 529],
  },
  {
    method: "get",
    path: "/v1/models",
    summary: "The names that a request can use.",
    parameters: ["after_id", "before_id", "limit"].map((name) => inQuery(name, "As Anthropic's.")),
    answers: { 200: { description: "A page of them.", content: json("ModelList") } },
    problems: [422],
  },
  {
    method: "get",
    path: "/v1/models/{model_id}",
    summary: "One of them.",
    parameters: [{ ...id, name: "model_id", description: "Its name.", schema: string }],
    answers: { 200: { description: "The model.", content: json("Model") } },
    problems: [404],
  },
  ...SKILL_OPERATIONS,
  ...CONTAINER_OPERATIONS,
  {
    method: "get",
    path: "/health",
    summary: "Whether the service is there.",
    answers: { 200: { description: 'Always `{"status": "ok"}`.' } },
    isOpen: true,
  },
];
