// What an upstream can do wrong, a row each, in both dialects: four tables, for the four things that
// come of it. Where the upstream has no sentence of its own there is one that says whose fault it is.

import { afterAll, describe, expect, test, vi } from "vitest";
import type { StreamError } from "../../src/protocol/event.ts";
import { spell } from "../support/alphabet.ts";
import { observe, prompt, start, status, TRANSPORTS, uniqueId } from "../support/client.ts";
import {
  ANTHROPIC,
  byByte,
  DIALECTS,
  type Dialect,
  longPiece,
  zipped,
} from "../support/dialects.ts";
import { expectWhole, parse, textOf } from "../support/laws.ts";
import { prepare } from "../support/play.ts";
import { type Answer, anthropicEvent, anthropicStart, type Step } from "../support/script.ts";

vi.setConfig({ maxConcurrency: 12 });

/** What the upstream does, in a dialect; undefined where only the other one can. */
type Does = (say: Dialect) => Answer | Step[] | undefined;
/** A name, what is done, the error's type, and its sentence. */
type Fault = [string, Does, StreamError["type"], string | RegExp];

const MEBIBYTE = 1024 ** 2;
const NEVER: Step = { gate: "never" };
const CUT: Step = { cut: true };
const HTML = { "content-type": "text/html" };
const JSON_BODY = { "content-type": "application/json" };
const GZIP = { "content-encoding": "gzip" };

const send = (...texts: string[]) => texts.map((text): Step => ({ send: text }));
const bytes = (binary: string): Step[] => [{ bytes: btoa(binary) }];
const reports = (type: string) =>
  send(
    `event: error\ndata: ${JSON.stringify({ type: "error", error: { type, message: "no" } })}\n\n`,
  );
/** A refusal with an empty object for a body. */
const code = (status: number, headers = {}): Answer => ({ status, headers, steps: send("{}") });
const limited = (retryAfter: string): Answer => code(429, { "retry-after": retryAfter });
const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1_000).toUTCString();

const refused = (status: number) => `The upstream answered with status ${status}.`;
const UNREACHED = "The upstream could not be reached.";
const BROKEN = "The upstream's connection broke off.";
const UNFINISHED = /^The upstream's stream ended before its (message|answer) did\.$/;
const SILENT = "The upstream sent nothing for 5 seconds.";
const NO_EVENT = /^The upstream sent (something that is not an event|a chunk that is not JSON)/;
const TOO_LONG = "The upstream sent an event larger than 16 MiB.";
const redirect = (status: number) => `The upstream answered with a redirect (${status}).`;
const instead = (type: string) => `The upstream answered with ${type} instead of an event stream.`;
const disorder = (what: string) => `The upstream broke the order of events: ${what}.`;

/** Nothing was shown, and it may pass: asked three times in all, then the next route is. */
const TRIED_AGAIN: Fault[] = [
  ["it hangs up at once", () => [CUT], "api_error", UNREACHED],
  ["it hangs up after its headers", () => [...send(""), CUT], "api_error", BROKEN],
  ["it hangs up within the first event", () => [...send("data: {"), CUT], "api_error", BROKEN],
  ["it has an empty body", () => [], "api_error", UNFINISHED],
  ["it ends without an event", () => send("", ": hm\n\n"), "api_error", UNFINISHED],
  ["it ends within a character", () => bytes("data: \xf0\x9f"), "api_error", UNFINISHED],
  ["its gzip is none", (say) => ({ headers: GZIP, steps: say.text(["a"]) }), "api_error", BROKEN],
  ["an event: overload", () => reports("overloaded_error"), "overloaded_error", "no"],
  ["429", () => code(429), "rate_limit_error", refused(429)],
  ["429 for 0 s", () => limited("0"), "rate_limit_error", refused(429)],
  ["429 for 0.2 s", () => limited("0.2"), "rate_limit_error", refused(429)],
  ["429 until then", () => limited(inSeconds(1)), "rate_limit_error", refused(429)],
  ["429 until long ago", () => limited(inSeconds(-1e9)), "rate_limit_error", refused(429)],
  ["429 for -5 s", () => limited("-5"), "rate_limit_error", refused(429)],
  ["429 for 1e9, no number here", () => limited("1e9"), "rate_limit_error", refused(429)],
  ["429 for a while", () => limited("a while"), "rate_limit_error", refused(429)],
  ["500", () => code(500), "api_error", refused(500)],
  ["502", () => ({ ...code(502, HTML), steps: send("<p>") }), "api_error", refused(502)],
  ["503", () => ({ ...code(503), steps: [] }), "overloaded_error", refused(503)],
  ["529", () => code(529), "overloaded_error", refused(529)],
];

/** Nothing was shown, and the same again would not help: the next route is asked at once. */
const TRIED_ELSEWHERE: Fault[] = [
  ["its headers never come", () => [NEVER], "timeout_error", SILENT],
  ["nothing follows its headers", () => [...send(""), NEVER], "timeout_error", SILENT],
  ["half an event, then silence", () => [...send("data: {"), NEVER], "timeout_error", SILENT],
  ["400", () => code(400), "invalid_request_error", refused(400)],
  ["401", () => code(401), "authentication_error", refused(401)],
  ["403", () => code(403), "permission_error", refused(403)],
  ["404", () => code(404), "not_found_error", refused(404)],
  ["413", () => code(413), "request_too_large", refused(413)],
  ["429 for 30 years", () => limited("1000000000"), "rate_limit_error", refused(429)],
  ["429 for an hour", () => limited(inSeconds(3_600)), "rate_limit_error", refused(429)],
  ["301", () => code(301, { location: "/elsewhere" }), "api_error", redirect(301)],
  ["307", () => code(307, { location: "http://e.invalid" }), "api_error", redirect(307)],
  ["200, a page", () => ({ headers: HTML, steps: send("<p>") }), "api_error", instead("text/html")],
  [
    "200, all of it at once",
    () => ({ headers: JSON_BODY, steps: send('{"type":"message","choices":[]}') }),
    "api_error",
    instead("application/json"),
  ],
  ["no JSON", () => send("data: {oops\n\n"), "api_error", NO_EVENT],
  ["an event: refusal", () => reports("invalid_request_error"), "invalid_request_error", "no"],
  [
    "an event before the first",
    (say) => (say === ANTHROPIC ? say.text(["a"]).slice(1) : undefined),
    "api_error",
    disorder("content_block_start before message_start"),
  ],
  ["a line of 20 MB", (say) => longPiece(say, 20 * MEBIBYTE), "api_error", TOO_LONG],
];

/** Text was shown: it stays, its block is closed, one error follows, and nobody is asked again. */
const KEPT: Fault[] = [
  ["it falls silent", () => [NEVER], "timeout_error", SILENT],
  ["it hangs up", () => [CUT], "api_error", BROKEN],
  ["it hangs up within an event", () => [...send("data: {"), CUT], "api_error", BROKEN],
  ["it ends", () => [], "api_error", UNFINISHED],
  [
    "it ends within an event",
    (say) => send(say.piece("b").send.trim().slice(0, -1)),
    "api_error",
    UNFINISHED,
  ],
  ["it ends within a character", () => bytes("data: \xe2\x82"), "api_error", UNFINISHED],
  ["no JSON", () => send("data: {oops\n\n"), "api_error", NO_EVENT],
  ["an event: overload", () => reports("overloaded_error"), "overloaded_error", "no"],
  ["an event: refusal", () => reports("permission_error"), "permission_error", "no"],
  [
    "a second beginning",
    (say) => (say === ANTHROPIC ? [anthropicStart()] : undefined),
    "api_error",
    disorder("a second message_start"),
  ],
  [
    "the end of a block that never began",
    (say) =>
      say === ANTHROPIC ? [anthropicEvent({ type: "content_block_stop", index: 3 })] : undefined,
    "api_error",
    disorder("the end of block 3, not open"),
  ],
  ["a line of 20 MB", (say) => longPiece(say, 20 * MEBIBYTE), "api_error", TOO_LONG],
];

const ZIPPED = new Map<Dialect, Step[]>();
for (const say of DIALECTS) ZIPPED.set(say, [await zipped(say.text(["a", "b"]))]);

/** What looks odd and is none: the text that comes of it, asked for once. */
const NO_FAULTS: [string, Does, text: string][] = [
  ["a seam in every character", (say) => byByte(say.text(["\u{1F600}€é"])), "\u{1F600}€é"],
  ["5,000 tiny chunks", (say) => say.text(["a", { send: ":\n", times: 5_000 }, "b"]), "ab"],
  ["gzip", (say) => ({ headers: GZIP, steps: ZIPPED.get(say) ?? [] }), "ab"],
  [
    "a line of 10 MB",
    (say) => say.text(["a", ...longPiece(say, 10 * MEBIBYTE), "b"]),
    `a${"x".repeat(10 * MEBIBYTE)}b`,
  ],
  ["more after its end", (say) => [...say.text(["a"]), ...say.text(["b"]), CUT], "a"],
];

/** What became of a message: its log by letters, the status, and what both tell of the error. */
async function outcomeOf(body: { model: string }, id = uniqueId()) {
  expect((await start(body, { id })).code).toBe(200);
  const watching = TRANSPORTS.map(async (transport) => (await observe(transport, id)).rest());
  const [told = [], other] = await Promise.all(watching);
  expectWhole(told);
  expect(JSON.stringify(other) === JSON.stringify(told)).toBe(true); // too long to be printed
  const ended = (await status(id)).body;
  const last = parse(told).at(-1);
  const error = last?.type === "error" ? last.error : null;
  expect(ended.error_message).toBe(error?.message ?? null);
  const { attempts, provider, duration_ms } = ended.metadata;
  return {
    durationMs: Number(duration_ms),
    log: spell(parse(told)),
    text: textOf(told),
    status: ended.status,
    error,
    attempts,
    provider,
  };
}

/** How long each fault took to become its outcome, in ms: told, not judged. */
const times: Record<string, number> = {};
afterAll(() => console.info("upstream faults, ms to their outcome", JSON.stringify(times)));

/** The same, of one whose every request gets `answer`; and how many requests that were. */
async function meet(model: string, answer: Answer | Step[]) {
  const { id, body, requests } = prepare(answer);
  const outcome = await outcomeOf({ ...body, model }, id);
  return { outcome, requests: await requests() };
}

const failed = (type: string, says: string | RegExp) => ({
  status: "error",
  error: { type, message: typeof says === "string" ? says : expect.stringMatching(says) },
});
const SPARE = { status: "completed", log: "MBddECS", provider: "simulated", error: null };

describe.concurrent.for(DIALECTS)("$name", (say) => {
  const alone = `script-${say.name}-alone`;
  const withSpare = `script-${say.name}-spare`;
  const possible = <Row extends [string, Does, ...unknown[]]>(rows: Row[]): Row[] =>
    rows.filter(([, does]) => does(say));

  test.for(["refused", "no-host", "no-tls"])(
    "out of reach: tried three times, then elsewhere (%s)",
    async (why) => {
      const [one, other] = await Promise.all([
        outcomeOf(prompt(`${why}-${say.name}-alone`)),
        outcomeOf(prompt(`${why}-${say.name}-spare`)),
      ]);
      expect(one).toMatchObject({ ...failed("api_error", UNREACHED), log: "!", attempts: 3 });
      expect(other).toMatchObject({ ...SPARE, attempts: 4 });
    },
  );

  describe.for<[string, number, Fault[]]>([
    ["tried three times, then elsewhere", 3, TRIED_AGAIN],
    ["tried once, then elsewhere", 1, TRIED_ELSEWHERE],
  ])("%s", ([, tries, faults]) => {
    test.for(possible(faults))("%s", async ([fault, does, type, says]) => {
      const answer = does(say) ?? [];
      const [one, other] = await Promise.all([meet(alone, answer), meet(withSpare, answer)]);
      times[`${say.name}: ${fault}`] = one.outcome.durationMs;
      expect(one.outcome).toMatchObject({ ...failed(type, says), log: "!", attempts: tries });
      expect(other.outcome).toMatchObject({ ...SPARE, attempts: tries + 1 });
      expect([one.requests, other.requests]).toEqual([tries, tries]);
    });
  });

  describe("ends the message, its text kept", () => {
    test.for(possible(KEPT))("%s", async ([fault, does, type, says]) => {
      const then = does(say) as Step[];
      const { outcome, requests } = await meet(withSpare, [...say.begin("Once"), ...then]);
      times[`${say.name}: after text, ${fault}`] = outcome.durationMs;
      expect(outcome).toMatchObject({ ...failed(type, says), log: "MBdE!", text: "Once" });
      expect([outcome.attempts, requests]).toEqual([1, 1]);
    });
  });

  describe("is no fault", () => {
    test.for(possible(NO_FAULTS))("%s", async ([, does, text]) => {
      const { outcome, requests } = await meet(withSpare, does(say) ?? []);
      expect(outcome).toMatchObject({ status: "completed", error: null, attempts: 1 });
      expect(outcome.text.length).toBe(text.length);
      expect(outcome.text === text).toBe(true);
      expect(requests).toBe(1);
    });
  });
});
