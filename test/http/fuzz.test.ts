// What strangers may send, by chance and by malice: bodies in and out of the schema's shape, bytes,
// headers, addresses, frames, bombs of JSON, texts that make expressions slow. Nothing of it may
// ever be a 500, and nothing that is refused may leave a trace.

import { listDurableObjectIds } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import * as z from "zod";
import { messageRequest } from "../../src/protocol/request.ts";
import { cancel, ended, observe, prompt, start, status, uniqueId } from "../support/client.ts";
import { said } from "../support/console.ts";
import { bare, JSON_TYPE, json, KEY, placesOf, refusal } from "../support/http.ts";
import { Observation } from "../support/observation.ts";
import { remains } from "../support/storage.ts";

const ASYNC = "/v1/messages/async";
const QUICK = "simulated-1@0";
const GOOD = JSON.stringify(prompt(QUICK));
const MIB = 1024 ** 2;
const toBytes = (text: string) => new TextEncoder().encode(text);

/** As many cases as there is time for. */
const within = (ms: number) => ({
  numRuns: 10_000,
  interruptAfterTimeLimit: ms,
  markInterruptAsFailure: false,
});

const TYPES: Record<number, string> = {
  400: "invalid_request_error",
  401: "authentication_error",
  404: "not_found_error",
  405: "invalid_request_error",
  409: "conflict_error",
  413: "request_too_large",
  422: "invalid_request_error",
};

/** Reads an answer to its end. Throws unless it is a success, or a refusal as refusals are. */
async function settle(response: Response, method = "POST"): Promise<number> {
  const { status, webSocket } = response;
  expect(status).toBeLessThan(500);
  if (webSocket) await new Observation(response).close();
  else if (status < 400 || method === "HEAD") await response.arrayBuffer();
  else await refusal(response, status, TYPES[status] ?? "a status that is none of ours");
  return status;
}

/** Ids of bodies that were taken, and of those that were not. */
const taken = new Set<string>();
const refused = new Set<string>();

/** Sends a body under an id of its own. Tells whether it was taken. */
async function post(body: BodyInit): Promise<boolean> {
  const id = uniqueId();
  const init = { headers: { ...KEY, ...JSON_TYPE }, body };
  const status = await settle(await bare("POST", `${ASYNC}?message_id=${id}`, init));
  (status === 200 ? taken : refused).add(id);
  return status === 200;
}

afterEach(async () => {
  const [begun, others] = [[...taken], [...refused]];
  taken.clear();
  refused.clear();
  const unforeseen = said().filter((line) => !line.startsWith("{"));
  expect(unforeseen.join("\n")).toBe("");
  for (const { error_message } of await Promise.all(begun.map((id) => ended(id)))) {
    expect(error_message ?? "").not.toContain("it has been logged");
  }
  const stored = new Set((await listDurableObjectIds(env.MESSAGES)).map(String));
  // An object that was asked may be there, as for any id that is asked for: it must hold nothing.
  const asked = others.filter((id) => stored.has(env.MESSAGES.idFromName(`acme/${id}`).toString()));
  for (const id of asked) expect(await remains(id)).toEqual({ tables: [], alarm: null });
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});

const NAMES = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "then"];
const ODD = [
  "",
  " ",
  "\0",
  "\ud800",
  "\udfff\ud800",
  "a\r\nx-polluted: yes\r\n\r\n",
  "\u2028",
  "\ufeff",
];
const text = fc.oneof(
  fc.constantFrom(...NAMES, ...ODD, "../../etc", "%00", "' OR 1=1 --", "NaN", "1e999", "-0"),
  fc.string({ unit: "binary", maxLength: 40 }),
);
const own = (key: string) =>
  JSON.parse(`{"${key}": {"polluted": true, "messages": []}}`) as unknown;
const junk = fc.oneof(
  text,
  fc.constantFrom<unknown>(null, true, 0, -1, 0.5, 1e308, 2 ** 53, [], {}, [[]], [null]),
  fc.constantFrom(...NAMES.map(own)),
  fc.dictionary(text, fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 }),
  fc.jsonValue({ maxDepth: 3 }),
);

interface Schema {
  [keyword: string]: unknown;
  anyOf?: Schema[];
  oneOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  enum?: unknown[];
}

/** Values in the shape of a schema, but for one part in `odds`; zero: for none. */
function shaped(schema: Schema, odds: number): fc.Arbitrary<unknown> {
  const fit = fitting(schema, odds);
  if (odds === 0) return fit;
  return fc.oneof({ weight: odds - 1, arbitrary: fit }, { weight: 1, arbitrary: junk });
}

function fitting(schema: Schema, odds: number): fc.Arbitrary<unknown> {
  const { properties = {}, required = [], minimum = -3, maximum = 2_000 } = schema;
  const options = schema.anyOf ?? schema.oneOf;
  if (options) return fc.oneof(...options.map((option) => shaped(option, odds)));
  if ("const" in schema) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const range = { min: Number(minimum), max: Math.min(Number(maximum), 2 ** 40) };
  switch (schema.type) {
    case "string":
      if (schema.format === "uri") return fc.constantFrom("https://a.example/", "http://10.0.0.1");
      if (schema.contentEncoding) return fc.constantFrom("aGk=", "aG");
      if (schema.pattern === "_v\\d+$") return fc.constantFrom("bash_v1", "_v1", "x_v");
      return fc.oneof(text, fc.constantFrom("a", "b", "toolu_1"));
    case "integer":
      return fc.integer(range);
    case "number":
      return fc.double({ ...range, noNaN: true });
    case "boolean":
      return fc.boolean();
    case "array":
      return fc.array(shaped(schema.items ?? {}, odds), { maxLength: 3 });
    case "object": {
      const fields = Object.entries(properties).map(([key, one]) => [key, shaped(one, odds)]);
      return fc.record(Object.fromEntries(fields), { requiredKeys: required as never[] });
    }
    default:
      return junk;
  }
}

const SCHEMA = z.toJSONSchema(messageRequest, { io: "input", unrepresentable: "any" }) as Schema;

/** A few fields at a time: with all of them at once, one would always be at fault. */
function bodies(odds: number): fc.Arbitrary<Record<string, unknown>> {
  const {
    messages,
    model: _,
    ...fields
  } = Object.fromEntries(
    Object.entries(SCHEMA.properties ?? {}).map(([name, schema]) => [name, shaped(schema, odds)]),
  );
  const some = fc.subarray(Object.entries(fields), { maxLength: 5 });
  const other = text.filter((name) => name !== "");
  const always = fc.record({
    model: fc.oneof({ weight: 8, arbitrary: fc.constant(QUICK) }, { weight: 1, arbitrary: other }),
    messages: fc.oneof(fc.constant(prompt(QUICK).messages), messages ?? junk),
  });
  const more = fc.option(fc.dictionary(text, junk, { maxKeys: 2 }), { freq: 3 });
  return some.chain((some) =>
    fc
      .tuple(more, fc.record(Object.fromEntries(some)), always)
      .map(([more, some, always]) => ({ ...more, ...some, ...always })),
  );
}

describe("a body", () => {
  test.for([0, 60, 8])("in the shape of the schema, but for one part in %i", async (odds) => {
    const counts = { taken: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(bodies(odds), async (body) => {
        counts[(await post(JSON.stringify(body))) ? "taken" : "refused"] += 1;
      }),
      within(1_200),
    );
    expect(Math.min(counts.taken, counts.refused)).toBeGreaterThan(0);
  });

  test("is judged alike by all who take it, and is one message when it comes twice", async () => {
    await fc.assert(
      fc.asyncProperty(bodies(30), async (body) => {
        const id = uniqueId();
        const response = await bare("POST", "/v1/messages/validate", json(body));
        const verdict = response.ok && (await response.json<{ valid: boolean }>()).valid;
        if (!response.ok) await settle(response); // `thread` is refused there too
        const path = `${ASYNC}?message_id=${id}`;
        const twice = [1, 2].map(async () => settle(await bare("POST", path, json(body))));
        const [one, other] = await Promise.all(twice);
        expect([one, one === 200]).toEqual([other, verdict]);
        (verdict ? taken : refused).add(id);
      }),
      within(1_200),
    );
  });

  test("of any bytes, and of JSON in which some bytes are others", async () => {
    const good = toBytes(GOOD.replace("{", '{"max_tokens":1,"tools":[{"name":"b"}],'));
    const changes = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 3 });
    const broken = changes.map((changes) => {
      const bytes = good.slice();
      for (const [at, byte] of changes) bytes[at] = byte;
      return bytes;
    });
    const bytes = fc.oneof(fc.uint8Array({ maxLength: 200 }), broken, fc.json().map(toBytes));
    await fc.assert(
      fc.asyncProperty(bytes, async (bytes) => void (await post(bytes))),
      within(1_200),
    );
  });
});

const METHODS = "GET POST DELETE PUT PATCH HEAD OPTIONS".split(" ");
const ENDS = " /stream /status /cancel /delete /events /tokens /a/b".split(" ");
const HEADERS = (
  "content-type accept last-event-id upgrade connection origin cookie host content-encoding " +
  "range accept-encoding if-none-match expect request-id sec-websocket-protocol " +
  "sec-websocket-key x-http-method-override x-forwarded-for traceparent authorization " +
  "x-correlation-id"
).split(" ");
const VALUES = (
  " 0 -1 1 99999999999999999999 websocket */* chunked gzip application/json text/event-stream " +
  'bytes=0- "etag" *'
).split(" ");

describe("an address", () => {
  const escaped = text.map((one) => encodeURIComponent(one.toWellFormed()));
  const raw = fc.string({ maxLength: 20 }).map((one) => one.replace(/[#?\\\s]/g, "%"));
  const segment = fc.oneof(escaped, raw);
  const names = "message_id starting_after from limit after_id owned a".split(" ");
  const pair = fc.tuple(fc.constantFrom(...names), segment).map((pair) => pair.join("="));
  const query = fc.array(pair, { maxLength: 3 }).map((pairs) => pairs.join("&"));
  const path = fc.oneof(
    fc.tuple(escaped, fc.constantFrom(...ENDS)).map(([id, end]) => `${ASYNC}/${id}${end}`),
    fc
      .tuple(fc.constantFrom("/v1/models/", "/v1/", "/", `${ASYNC}/`), segment)
      .map((all) => all.join("")),
    fc.constantFrom(ASYNC, "/v1/messages", "/v1/models", "/v1/messages/validate", "/health"),
  );

  test("with any id, path, query and method", async () => {
    await fc.assert(
      fc.asyncProperty(path, query, fc.constantFrom(...METHODS), async (path, query, method) => {
        await settle(await bare(method, `${path}?${query}`, { headers: KEY }), method);
      }),
      within(1_200),
    );
  });

  test("with any headers", async () => {
    const id = uniqueId();
    await start(prompt(QUICK), { id });
    const ascii = fc.string({ unit: "binary-ascii", maxLength: 30 });
    const value = fc.oneof(
      fc.constantFrom(...VALUES, "Bearer acme-key"),
      ascii.map((one) => one.replace(/[\0\r\n]/g, "")),
    );
    const headers = fc.dictionary(fc.constantFrom(...HEADERS), value, { maxKeys: 4 });
    await fc.assert(
      fc.asyncProperty(headers, fc.constantFrom("", "/stream", "/status"), async (more, end) => {
        const path = `${ASYNC}/${id}${end}`;
        await settle(await bare("GET", path, { headers: { ...KEY, ...more } }));
        const init = { headers: { ...KEY, ...JSON_TYPE, ...more }, body: GOOD };
        await settle(await bare("POST", ASYNC, init));
      }),
      within(1_200),
    );
  });

  test("with any position in a log", async () => {
    const id = uniqueId();
    await start(prompt(QUICK), { id });
    const last = Number((await ended(id)).metadata.last_event_id);
    const position = fc.oneof(text, fc.integer().map(String), fc.nat(last + 2).map(String));
    const by = fc.constantFrom("starting_after", "from", "last-event-id");
    await fc.assert(
      fc.asyncProperty(position, by, async (at, by) => {
        const value = encodeURIComponent(at.toWellFormed());
        const inHeader = by === "last-event-id";
        const path = `${ASYNC}/${id}/stream${inHeader ? "" : `?${by}=${value}`}`;
        const headers = { ...KEY, ...(inHeader && { [by]: value }) };
        const isSeq = /^\d{1,15}$/.test(at) && Number(at) <= last;
        // An empty header is none: so EventSource has it.
        const good = by === "from" ? at === "now" : isSeq || (inHeader && at === "");
        expect((await settle(await bare("GET", path, { headers }))) < 300).toBe(good);
      }),
      within(1_000),
    );
  });
});

test("a frame that is not ours ends its connection, and one that is ours the message", async () => {
  const CANCEL = '{"type":"cancel"}';
  const frame = fc.oneof(
    fc.constantFrom(CANCEL, "ping", "ping ", CANCEL.replace("}", `${" ".repeat(2_000)}}`)),
    fc.oneof(text, fc.json(), fc.constant("[".repeat(1_024))),
    fc.uint8Array({ maxLength: 50 }).map((bytes) => bytes.slice().buffer),
    junk.filter((type) => type !== "cancel").map((type) => JSON.stringify({ type })),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(frame, { maxLength: 4 }), async (frames) => {
      const id = uniqueId();
      await start(prompt("simulated-5@0+20000ms"), { id });
      const observer = await observe("websocket", id);
      for (const one of [...frames, CANCEL]) observer.socket?.send(one);
      const decisive = [...frames, CANCEL].find((one) => one !== "ping");
      await observer.rest();
      const isCancelled = decisive === CANCEL;
      expect(await observer.ended).toMatchObject({ code: isCancelled ? 1000 : 4400 });
      const { status: state, completed_at } = (await status(id)).body;
      expect([state === "cancelled", completed_at !== null]).toEqual([isCancelled, isCancelled]);
      await cancel(id);
    }),
    within(1_200),
  );
});

describe("no text of a caller's becomes a header:", () => {
  const forged = fc
    .tuple(text, fc.constantFrom("\r\n", "\n", "\r", "\0", "\u560d\u560a", "\u010a"), text)
    .map(([before, end, after]) => `${before}${end}x-polluted: ${after}`);

  test("a correlation id is printable ASCII, and comes back as it was", async () => {
    const id = fc.oneof(forged, fc.string({ minLength: 1, maxLength: 300 }));
    await fc.assert(
      fc.asyncProperty(id, async (correlation_id) => {
        const response = await bare("POST", ASYNC, json({ ...prompt(QUICK), correlation_id }));
        const isGood = /^[ -~]{1,256}$/.test(correlation_id);
        const told = response.headers.get("x-correlation-id");
        expect(response.headers.has("x-polluted")).toBe(false);
        expect([await settle(response), told]).toEqual(
          isGood ? [200, correlation_id.trim()] : [422, null],
        );
      }),
      within(800),
    );
  });

  test("an id holds none, wherever it stands", async () => {
    await fc.assert(
      fc.asyncProperty(forged, async (id) => {
        const escaped = encodeURIComponent(id.toWellFormed());
        for (const response of [
          await bare("POST", `${ASYNC}?message_id=${escaped}`, json(prompt(QUICK))),
          await bare("GET", `${ASYNC}/${escaped}/status`, { headers: KEY }),
        ]) {
          expect(response.headers.has("x-polluted")).toBe(false);
          expect(await settle(response)).toBe(422);
        }
      }),
      within(800),
    );
  });
});

const many = (count: number, one: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => one(at)).join();
const beside = (fields: string) => GOOD.replace("{", `{${fields},`);
const saying = (content: string) => GOOD.replace(/"Tell[^"]*"/, content);
const lists = many(3.5 * MIB, () => "[]");
const keys = (count: number) => many(count, (at) => `"k${at}":${at}`);
const digits = "7".repeat(1e6);

/** Those that are not said to be taken or refused may be either, as long as it is cleanly. */
test.for<[name: string, body: string, isTaken?: boolean]>([
  ["10 MiB of lists", `[${lists}]`, false],
  ["10 MiB of lists that do not end", `[${lists}`, false],
  ["10 MiB of lists for messages", `{"messages":[${lists}]}`, false],
  ["10 MiB of lists for blocks", saying(`[${lists}]`), false],
  ["10 MiB of lists in the metadata", beside(`"metadata":{"a":[${lists}]}`), false],
  [
    "100,000 faulty messages",
    `{"messages":[${many(1e5, () => '{"role":0,"content":[0]}')}]}`,
    false,
  ],
  ["a million keys beside those that are known", beside(keys(1e6)), false],
  ["100,000 keys of a schema", beside(`"tools":[{"name":"a","input_schema":{${keys(1e5)}}}]`)],
  ["a million digits", beside(`"max_tokens":${digits}`), false],
  ["a million digits after the point", beside(`"temperature":0.${digits}`), true],
  ["a million digits that nobody reads", beside(`"a":${digits},"b":1e${digits},"c":-0`), true],
  ["a number beyond all", beside('"seed":1e400'), false],
  ["100,000 levels of objects", `${'{"a":'.repeat(1e5)}1${"}".repeat(1e5)}`, false],
  ["a million levels that do not end", "[".repeat(1e6), false],
  ["20 MiB of space", `${" ".repeat(20 * MIB)}{}`, false],
  ["a key of 10 MiB", beside(`"${"k".repeat(10 * MIB)}":0`), false],
  ["10 MiB of escapes", saying(`"${"\\u0000".repeat(1.6 * MIB)}"`), true],
  ["10 MiB of lone surrogates", saying(`"${"\\ud800".repeat(1.6 * MIB)}"`), true],
  ["lone surrogates in keys", beside('"\\udfff":"\\ud800","metadata":{"\\ud800":"\\udfff"}'), true],
  ["a lone surrogate for a model", GOOD.replace(QUICK, "\\ud800"), false],
  ["a key twice, the better one last", beside('"messages":[]'), true],
  ["a key twice, the worse one last", GOOD.replace(/}$/, ',"messages":[]}'), false],
])("a bomb of JSON does no harm: %s", async ([, body, isTaken]) => {
  const was = await post(body);
  expect(was).toBe(isTaken ?? was);
});

test("bodies that differ in a lone surrogate alone are two", async () => {
  const id = uniqueId();
  const texts = ["\ud800", "\udfff", "\ud800"];
  const codes = texts.map(async (text) => (await start(prompt(QUICK, text), { id })).code);
  expect((await Promise.all(codes)).filter((code) => code === 409).length).toBeGreaterThan(0);
});

test.for<[name: string, text: string]>([
  ["a good one", GOOD],
  ["a bomb", `${" ".repeat(64 * MIB)}${GOOD}`],
])("a compressed body is not inflated, but refused as what it is: %s", async ([, text]) => {
  for (const format of ["gzip", "deflate"] as const) {
    const squeezed = new Blob([text]).stream().pipeThrough(new CompressionStream(format));
    const body = await new Response(squeezed).arrayBuffer();
    expect(body.byteLength).toBeLessThan(MIB);
    for (const encoding of [format, "br", "zstd", `${format}, ${format}`]) {
      const headers = { ...KEY, ...JSON_TYPE, "content-encoding": encoding };
      const response = await bare("POST", ASYNC, { headers, body });
      expect(placesOf(await refusal(response, 422, "invalid_request_error"))).toEqual(["body"]);
    }
  }
});

describe("no text makes an expression slow:", () => {
  const sources = import.meta.glob<string>("../../src/**/*.ts", {
    query: "?raw",
    import: "default",
    eager: true,
  });
  const COMMENT = /^\s*\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm;
  const LITERAL =
    /(?<=[(,=:[!&|?]\s*|return )\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[dgimsuvy]*/g;
  const found = Object.entries(sources).flatMap(([file, source]) =>
    Array.from(source.replace(COMMENT, "").matchAll(LITERAL), ([literal]): [string, string] => [
      file.replace("../../", ""),
      literal,
    ]),
  );

  /** Texts that begin as the expression does, go on with more and more of one thing, and fail. */
  function* textsFor({ source }: RegExp): Generator<(size: number) => string> {
    const start = /^\^?((?:[\w -]|\\\/)*)/.exec(source)?.[1]?.replaceAll("\\", "") ?? "";
    const words = source.match(/[A-Za-z_]{2,}/g) ?? [];
    const pairs = ["_v1", "a.", "1.", " a", "-1", "1-", "a,"];
    const pumps = new Set([
      ..." a0-._/+@:,=\n\u00e9",
      ...source.replace(/\\./g, ""),
      ...words,
      ...pairs,
    ]);
    for (const before of new Set(["", start, ...[..."-@+!:["].map((one) => start + one)])) {
      for (const pump of pumps) {
        for (const after of ["", "\0", " x y"]) {
          yield (size) => before + pump.repeat(size / pump.length) + after;
        }
      }
    }
  }

  function search(expression: RegExp, text: string): unknown {
    return expression.global ? text.match(expression) : expression.test(text);
  }

  /** In ms: over as many times as it takes to be told by a clock that counts in whole ones. */
  function duration(expression: RegExp, text: string): number {
    const began = performance.now();
    for (let times = 1; ; times += 1) {
      search(expression, text);
      const passed = performance.now() - began;
      if (passed >= 20) return passed / times;
    }
  }

  /** How many times as long a text takes that is a little longer; 1 where none takes any time. */
  function growth(expression: RegExp, toText: (size: number) => string): number {
    for (const size of [16, 20, 24, 128, 1_024, 8_192]) {
      const began = performance.now();
      search(expression, toText(size));
      if (performance.now() - began < 4) continue;
      const longer = size < 100 ? size + 2 : size * 1.5;
      return duration(expression, toText(longer)) / duration(expression, toText(size));
    }
    return 1;
  }

  /** The first text that an expression is slow with. Tried again, as the machine may be busy. */
  function findSlow(expression: RegExp): string | undefined {
    for (const toText of textsFor(expression)) {
      const isSlow = () => growth(expression, toText) >= 1.9;
      if (isSlow() && isSlow() && isSlow()) return toText(16);
    }
    return undefined;
  }

  test("all of them are looked at", () => {
    expect(found.length).toBeGreaterThan(35);
    for (const [file, source] of Object.entries(sources)) {
      // Made of literals, which are all looked at.
      if (!file.endsWith("lib/sql-statement.ts")) expect(source).not.toMatch(/\bRegExp\(/);
    }
    const files = found.map(([file]) => file);
    for (const name of ["http/auth", "http/body", "http/message-id", "lib/address", "env"]) {
      expect(files).toContain(`src/${name}.ts`);
    }
  });

  test.for([/^(a|a)*$/, /^(\w+\s?)*:$/, /,.*,z/])("one that is slow would be found: %s", (slow) => {
    expect(findSlow(slow)).toBeDefined();
  });

  test.for(found)("%s %s", ([, literal]) => {
    const end = literal.lastIndexOf("/");
    const expression = new RegExp(literal.slice(1, end), literal.slice(end + 1));
    expect(findSlow(expression)).toBeUndefined();
  });
});
