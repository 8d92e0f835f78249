// Where secrets stay: a message with a mark in every place that can hold one, and then a search for
// the marks in all that is told, logged and kept.

import { abortAllDurableObjects, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, inject, test } from "vitest";
import { cancel, message, objectOf, observe, remove, start, status } from "../support/client.ts";
import { lines, runLine, said } from "../support/console.ts";
import { bare, json } from "../support/http.ts";
import { LINGER, type Playing, prepare } from "../support/play.ts";
import { type Answer, anthropicEvent, anthropicText, type Step } from "../support/script.ts";

const [ANTHROPIC, OPENAI] = ["script-anthropic", "script-openai"] as const;
const UPSTREAM_KEYS = ["sk-ant-test", "sk-test"];
const KEYS = ["acme-key", "globex-key", ...UPSTREAM_KEYS, ...env.WEBHOOK_SECRET.split(" ")];

type Texts = Record<string, string>;

/** One mark for each place. */
const mark = (place: string) => `hunter2-${place}`;
const METADATA = { user_id: mark("user"), note: { deep: [mark("note")] } };
const IN_METADATA = [mark("user"), mark("note")];

/** What is nobody's business but the upstream's, or not even that. */
const FIELDS = {
  system: [{ type: "text", text: mark("system") }],
  tools: [
    {
      name: "look",
      description: mark("description"),
      input_schema: { type: "object", description: mark("schema") },
    },
    {
      type: "database_query_v1",
      instructions: mark("instructions"),
      context: [database(mark("tool-password"))],
    },
  ],
  tool_context: [database(mark("password")), { type: "text", value: mark("artifact") }],
  mcp_servers: [
    {
      url: `https://mcp.example/${mark("path")}`,
      name: "m",
      authorization_token: mark("token"),
      tool_configuration: { enabled: false },
    },
  ],
  webhook: { url: `${inject("receiver")}/${mark("hook")}` },
  stop_sequences: [mark("stop")],
  [mark("key")]: mark("unknown"),
};
const EARLIER = [
  { role: "user", content: mark("question") },
  {
    role: "assistant",
    content: [
      { type: "thinking", thinking: mark("thought"), signature: mark("signature") },
      { type: "tool_use", id: "toolu_1", name: "look", input: { where: mark("input") } },
    ],
  },
  {
    role: "user",
    content: [{ type: "tool_result", tool_use_id: "toolu_1", content: mark("result") }],
  },
];
/** After the end of the run somebody has to be told of it. */
const KEPT_LONGER = `${mark("hook")}: table message`;
const EVERY_MARK = JSON.stringify([FIELDS, EARLIER]).match(/hunter2-[\w-]+/g) ?? [];

function database(password: string) {
  return { type: "sql_database", connection_string: `postgres://me:${password}@db.example.com/x` };
}

/** A marked request that the emulated upstream answers with `first`, called with a key. */
async function prepareMarked(first: Answer | Step[]): Promise<Playing> {
  const playing = prepare(first);
  const emulator = inject("emulator");
  const MODELS = {
    [ANTHROPIC]: {
      provider: "anthropic",
      base_url: `${emulator}/anthropic`,
      key: "ANTHROPIC_API_KEY",
    },
    [OPENAI]: { provider: "openai", base_url: `${emulator}/openai/v1`, key: "OPENAI_API_KEY" },
  };
  await runInDurableObject(objectOf(playing.id), (instance) =>
    Reflect.set(instance, "env", { ...env, MODELS }),
  );
  const messages = [...EARLIER, ...playing.body.messages] as Playing["body"]["messages"];
  const body = { ...playing.body, ...FIELDS, messages, metadata: METADATA };
  return { ...playing, body };
}

/** Everything that an object keeps, as text: table by table. */
function dump(id: string): Promise<Texts> {
  return runInDurableObject(objectOf(id), async (_, { storage }) => {
    const rows = storage.sql.exec<{ name: string }>(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND substr(name, 1, 4) <> '_cf_'",
    );
    const tables = Array.from(rows, ({ name }) => [
      `table ${name}`,
      JSON.stringify(storage.sql.exec(`SELECT * FROM ${name}`).toArray()),
    ]);
    return Object.fromEntries([...tables, ["pairs", JSON.stringify([...(await storage.list())])]]);
  });
}

/** Everything that can be asked of a message that has ended, and what is logged and kept of it. */
async function tell(id: string): Promise<Texts> {
  const events = await (await observe("sse", id)).rest();
  await expect.poll(() => lines("webhook").some(({ message_id }) => message_id === id)).toBe(true);
  const [asked, folded] = [await status(id), await message(id)];
  await runLine(id);
  return {
    ...(await dump(id)),
    events: JSON.stringify(events),
    status: JSON.stringify(asked.body),
    message: JSON.stringify(folded.body),
    headers: JSON.stringify([...asked.headers, ...folded.headers]),
    console: said().join("\n"),
  };
}

/** Where each of `marks` is found. */
function find(marks: readonly string[], texts: Texts): string[] {
  const found = marks.map((one) => Object.keys(texts).filter((name) => texts[name]?.includes(one)));
  return marks.flatMap((one, at) => found[at]?.map((name) => `${one}: ${name}`) ?? []).sort();
}

const ANSWER = anthropicText(["It is ", mark("said"), "."]);
const BEGUN = ANSWER.slice(0, 4);

const error = (message: string, type = "authentication_error") => ({
  type: "error",
  error: { type, message },
});
const refuse = (status: number, message: string): Answer => ({
  status,
  steps: [{ send: JSON.stringify(error(message)) }],
});

type Finish = (playing: Playing) => Promise<unknown>;

const ENDS: [how: string, end: string, answer: Answer | Step[], finish?: Finish][] = [
  ["whole", "completed", ANSWER],
  ["refused", "error", refuse(400, "no")],
  ["cut off", "error", [...BEGUN, { cut: true }]],
  ["not understood", "error", [...BEGUN, { send: `data: ${mark("said")}\n\n` }]],
  ["cancelled", "cancelled", [...BEGUN, ...LINGER], ({ id }) => cancel(id)],
  [
    "lost in a crash",
    "error",
    [...BEGUN, ...LINGER],
    async ({ id }) => {
      await (await observe("sse", id)).take(3);
      await abortAllDurableObjects();
    },
  ],
];

test("there are marks to look for", () => {
  expect(EVERY_MARK.length).toBeGreaterThan(15);
  expect(new Set(EVERY_MARK).size).toBe(EVERY_MARK.length);
});

test.for(ENDS)(
  "nothing of a request is left after its end: %s",
  async ([, end, answer, finish]) => {
    const playing = await prepareMarked(answer);
    const { id, body, requested } = playing;
    expect((await start(body, { id })).code).toBe(200);
    const [seen] = (await requested()).requests;
    expect(seen?.headers["x-api-key"]).toBe("sk-ant-test");
    expect(find([mark("system")], { upstream: JSON.stringify(seen?.body) })).toHaveLength(1);
    await finish?.(playing);
    const told = await tell(id);
    expect(JSON.parse(told.status ?? "").status).toBe(end);
    expect(find([...EVERY_MARK, ...KEYS], told)).toEqual([]);
    expect(told["table request"]).toBe("[]");
  },
);

test("what was asked stands where it is needed, while it is needed, and nowhere else", async () => {
  const { id, body, requested, open } = await prepareMarked([{ gate: "on" }, ...ANSWER]);
  await start(body, { id });
  await requested();
  const told = { ...(await dump(id)), status: JSON.stringify((await status(id)).body) };
  const places = [...EVERY_MARK.map((one) => `${one}: table request`), KEPT_LONGER].sort();
  expect(find([...EVERY_MARK, ...KEYS], { ...told, console: said().join("\n") })).toEqual(places);
  await open("on");
  await tell(id);
});

test("metadata is in the status as it was given, and kept for nothing else", async () => {
  const { id, body } = await prepareMarked(ANSWER);
  await start(body, { id });
  const told = await tell(id);
  expect(JSON.parse(told.status ?? "").metadata.request_metadata).toEqual(METADATA);
  const places = IN_METADATA.flatMap((one) => [`${one}: status`, `${one}: table message`]);
  expect(find(IN_METADATA, told)).toEqual(places.sort());
});

test("what the model said is in its events and its message, and nowhere else", async () => {
  const { id, body } = await prepareMarked(ANSWER);
  await start(body, { id });
  const places = ["events", "message", "table events"].map((name) => `${mark("said")}: ${name}`);
  expect(find([mark("said")], await tell(id))).toEqual(places);
});

test("a deleted message leaves no mark of anything", async () => {
  const { id, body, requested } = await prepareMarked([...BEGUN, ...LINGER]);
  await start(body, { id });
  await requested();
  expect((await remove(id)).code).toBe(204);
  await runLine(id);
  const told = { ...(await dump(id)), console: said().join("\n") };
  expect(find([...EVERY_MARK, ...IN_METADATA, ...KEYS, mark("said")], told)).toEqual([]);
});

describe("a key that the upstream repeats is not passed on:", () => {
  const [anthropicKey = "", openaiKey = ""] = UPSTREAM_KEYS;
  const inStream = (message: string) => anthropicEvent(error(message));

  test.for<[where: string, model: string, key: string, answer: Answer | Step[], said: RegExp]>([
    [
      "in a refusal",
      ANTHROPIC,
      anthropicKey,
      refuse(401, `bad key ${anthropicKey}!`),
      /^bad key \[key\]!$/,
    ],
    ["in a refusal", OPENAI, openaiKey, refuse(401, `bad key ${openaiKey}!`), /^bad key \[key\]!$/],
    [
      "at the end of a long refusal, where it is cut",
      ANTHROPIC,
      anthropicKey.slice(0, -1),
      refuse(400, `${"x".repeat(2_001 - anthropicKey.length)}${anthropicKey}`),
      /^x+/,
    ],
    [
      "in a stream, at once",
      ANTHROPIC,
      anthropicKey,
      [inStream(`bad ${anthropicKey}`)],
      /^bad \[key\]$/,
    ],
    [
      "in a stream, after text",
      ANTHROPIC,
      anthropicKey,
      [...BEGUN, inStream(`bad ${anthropicKey}`)],
      /^bad \[key\]$/,
    ],
    [
      "in a stream, at once",
      OPENAI,
      openaiKey,
      [{ send: `data: ${JSON.stringify({ error: { message: `bad ${openaiKey}` } })}\n\n` }],
      /^bad \[key\]$/,
    ],
  ])("%s (%s)", async ([, model, key, answer, message]) => {
    const { id, body } = await prepareMarked(answer);
    await start({ ...body, model }, { id });
    const told = await tell(id);
    const { status, error_message } = JSON.parse(told.status ?? "");
    expect([status, error_message]).toEqual(["error", expect.stringMatching(message)]);
    expect(find([key], told)).toEqual([]);
  });

  test("nor to one who waits for the answer", async () => {
    const { id, body } = await prepareMarked(refuse(401, `bad key ${anthropicKey}`));
    const response = await bare("POST", `/v1/messages?message_id=${id}`, json(body));
    const text = `${await response.text()}${JSON.stringify([...response.headers])}`;
    expect([response.status, text]).toEqual([401, expect.stringContaining("bad key [key]")]);
    expect(find([...KEYS, ...EVERY_MARK], { text })).toEqual([]);
  });
});

test("a refused request is not repeated: neither to its caller nor to the console", async () => {
  const { id, body } = await prepareMarked(ANSWER);
  const secret = database(`${mark("password")}@10.0.0.1`);
  for (const faults of [
    { tool_context: [secret] },
    { mcp_servers: [{ url: `http://me:${mark("token")}@localhost`, authorization_token: 5 }] },
    { webhook: { url: `https://localhost/${mark("hook")}` }, model: "nobody" },
    { messages: [{ role: mark("role"), content: mark("question") }], tools: mark("tools") },
    { metadata: mark("note"), system: [{ type: mark("type"), text: 5 }] },
  ]) {
    const { code, body: told } = await start({ ...body, ...faults }, { id });
    expect(code).toBe(422);
    const texts = { told: JSON.stringify(told), console: said().join("\n") };
    expect(find(["hunter2", ...KEYS], texts)).toEqual([]);
  }
});
