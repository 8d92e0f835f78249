// `?format=`: a message watched in the words of another protocol.

import { describe, expect, test } from "vitest";
import { Batch } from "../../src/message/batch.ts";
import { toView } from "../../src/message/projected.ts";
import {
  cancel,
  connect,
  ended,
  type From,
  observe,
  prompt,
  remove,
  send,
  start,
  status,
  uniqueId,
} from "../support/client.ts";
import { toMessages } from "../support/fixtures.ts";
import { JSON_TYPE, placesOf, refusal } from "../support/http.ts";
import { textOf } from "../support/laws.ts";
import { LINGER, play } from "../support/play.ts";
import { anthropicText } from "../support/script.ts";

const FORMATS = ["openai", "ui-message-stream"] as const;
type Format = (typeof FORMATS)[number];

/** Five events, a gate, five more. */
const HELD = anthropicText(["Once", " upon", " a", { gate: "on" }, " time", ",", " far"]);
const TEXT = "Once upon a time, far";

interface Frame {
  id: string | undefined;
  data: string;
}

async function framesOf(response: Response): Promise<Frame[]> {
  expect(response.status).toBe(200);
  return toFrames(await response.text());
}

function toFrames(text: string): Frame[] {
  return toMessages(text).map(({ id, data }) => ({ id, data }));
}

/** The text that the frames say. */
function said(frames: readonly Frame[]): string {
  const chunks = frames.filter(({ data }) => data !== "[DONE]").map(({ data }) => JSON.parse(data));
  return chunks
    .map(
      (chunk) =>
        chunk.choices?.[0]?.delta.content ?? (chunk.type === "text-delta" ? chunk.delta : ""),
    )
    .join("");
}

function watch(format: Format, id: string, { query = "", ...from }: From = {}) {
  return connect("sse", id, { ...from, query: `format=${format}&${query}` });
}

describe.each(FORMATS)("format=%s", (format) => {
  test("live and replayed alike, to the last frame", async () => {
    const { id, open } = await play(HELD);
    const live = await Promise.all([watch(format, id), watch(format, id)]);
    await (await observe("sse", id)).take(5);
    const late = await watch(format, id);
    await open("on");
    const [one, ...others] = await Promise.all([...live, late].map(framesOf));
    expect(said(one ?? [])).toBe(TEXT);
    expect(one?.at(-1)).toEqual({ id: undefined, data: "[DONE]" });
    for (const other of [...others, await framesOf(await watch(format, id))])
      expect(other).toEqual(one);
  });

  test("from every position: what follows it, as it was in the whole", async () => {
    const { id, open } = await play(HELD);
    await open("on");
    await ended(id);
    const whole = await framesOf(await watch(format, id));
    const log = await (await observe("sse", id)).rest();
    for (let after = 0; after < log.length; after += 1) {
      const told = whole.findLastIndex(
        (frame) => frame.id !== undefined && Number(frame.id) <= after,
      );
      const header = await framesOf(await watch(format, id, { after }));
      expect(header).toEqual(whole.slice(told + 1));
      const query = `starting_after=${after}`;
      expect(await framesOf(await watch(format, id, { query }))).toEqual(header);
    }
    expect((await watch(format, id, { after: log.length })).status).toBe(204);
  });

  test("from now: what is said next, in the midst of what it belongs to", async () => {
    const { id, open } = await play(HELD);
    await (await observe("sse", id)).take(5);
    const response = await watch(format, id, { query: "from=now" });
    await open("on");
    expect(said(await framesOf(response))).toBe(" time, far");
  });

  test("from a snapshot: the same in fewer frames", async () => {
    const id = uniqueId();
    await start(prompt("simulated-200@0"), { id });
    await ended(id);
    const whole = await framesOf(await watch(format, id));
    const snapshot = await framesOf(await watch(format, id, { query: "from=snapshot" }));
    expect(said(snapshot)).toBe(said(whole));
    expect(snapshot.length).toBeLessThan(15);
    const rest = await watch(format, id, { after: 50, query: "from=snapshot" });
    expect(said(await framesOf(rest))).toBe(
      textOf(await (await observe("sse", id, { after: 50 })).rest()),
    );
  });

  test("a message that is cancelled ends", async () => {
    const { id } = await play(anthropicText(["Once", ...LINGER]));
    const response = await watch(format, id);
    await (await observe("sse", id)).take(3);
    await cancel(id);
    expect((await framesOf(response)).at(-1)?.data).toBe("[DONE]");
  });

  test("a message that fails says why, and ends", async () => {
    const { id } = await play([...anthropicText(["Once"]).slice(0, 3), { cut: true }]);
    const frames = await framesOf(await watch(format, id));
    const { error_message } = (await status(id)).body;
    expect(frames.at(-2)?.data).toContain(JSON.stringify(error_message));
    expect(frames.at(-1)?.data).toBe("[DONE]");
  });

  test("one that is deleted ends, and is then not there", async () => {
    const { id } = await play(anthropicText(["Once", ...LINGER]));
    const told = (await watch(format, id)).text();
    await (await observe("sse", id)).take(3);
    await remove(id);
    expect(await told).toMatch(/data: \[DONE\]\n\n$/);
    const code = format === "ui-message-stream" ? 204 : 404;
    expect((await watch(format, id)).status).toBe(code);
  });

  test("it is an event stream whose first bytes are no event", async () => {
    const { id } = await play([{ gate: "never" }]);
    const response = await watch(format, id);
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    const version = response.headers.get("x-vercel-ai-ui-message-stream");
    expect(version).toBe(format === "ui-message-stream" ? "v1" : null);
    const reader = response.body?.getReader();
    expect(new TextDecoder().decode((await reader?.read())?.value)).toMatch(/^retry: \d+\n$/);
    await reader?.cancel();
    const head = await send("HEAD", `/v1/messages/async/${id}/stream?format=${format}`);
    expect(head.headers.get("x-vercel-ai-ui-message-stream")).toBe(version);
  });

  test("over a WebSocket it is refused", async () => {
    const { id } = await play([{ gate: "never" }]);
    const response = await connect("websocket", id, { query: `format=${format}` });
    const refused = await refusal(response, 422, "invalid_request_error");
    expect(placesOf(refused)).toEqual(["query.format"]);
  });

  test("the synchronous twin streams it too", async () => {
    const id = uniqueId();
    const body = JSON.stringify(prompt("simulated-5@0"));
    const path = `/v1/messages?message_id=${id}&format=${format}`;
    const response = await send("POST", path, { headers: JSON_TYPE, body });
    expect(response.headers.get("message-id")).toBe(id);
    expect(await framesOf(response)).toEqual(await framesOf(await watch(format, id)));
  });

  test("what was made of a batch is shared by all who keep up", () => {
    const data = JSON.stringify({
      type: "message_delta",
      delta: { stop_reason: "end_turn" },
      usage: {},
    });
    const batch = new Batch(1, 1, `id: 1\nevent: message_delta\ndata: ${data}\n\n`);
    const [one, other] = [0, 0].map((after) =>
      toView({ createdAt: 0 }, after, format).dialect.encode(batch),
    );
    expect(one?.length).toBeGreaterThan(0);
    expect(other).toBe(one);
  });
});

test.for(["", "anthropic", "OpenAI", "openai,ui-message-stream", "constructor"])(
  "a format that is not known is refused by its name: %j",
  async (format) => {
    const id = uniqueId();
    await start(prompt("simulated-1@0"), { id });
    const query = `format=${encodeURIComponent(format)}`;
    const refused = await refusal(
      await connect("sse", id, { query }),
      422,
      "invalid_request_error",
    );
    expect(placesOf(refused)).toEqual(["query.format"]);
    const other = uniqueId();
    const body = JSON.stringify(prompt("simulated-1@0"));
    const path = `/v1/messages?message_id=${other}&${query}`;
    await refusal(
      await send("POST", path, { headers: JSON_TYPE, body }),
      422,
      "invalid_request_error",
    );
    expect((await status(other)).code).toBe(404);
  },
);

test("only who would resume is answered that there is nothing", async () => {
  for (const path of ["", "/status", "/events"]) {
    const query = "?format=ui-message-stream";
    const response = await send("GET", `/v1/messages/async/${uniqueId()}${path}${query}`);
    await refusal(response, 404, "not_found_error");
  }
});

test("all that is wrong with a request to watch is told at once", async () => {
  const id = uniqueId();
  await start(prompt("simulated-1@0"), { id });
  const response = await connect("sse", id, { query: "starting_after=x&format=y" });
  const refused = await refusal(response, 422, "invalid_request_error");
  expect(placesOf(refused)).toEqual(["query.starting_after", "query.format"]);
});
