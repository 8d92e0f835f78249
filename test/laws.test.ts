// The laws of the log (DESIGN §5) against upstreams that say anything, in any pieces, to any
// audience: from outside through the Worker, and far more often on the parts of an object.

import { runInDurableObject } from "cloudflare:test";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Batch } from "../src/message/batch.ts";
import { endingOf } from "../src/message/ending.ts";
import { EVENTS_TABLE, EventLog } from "../src/message/log.ts";
import { type Observer, Observers } from "../src/message/observers.ts";
import type { Opening } from "../src/message/record.ts";
import { Recorder } from "../src/message/recorder.ts";
import {
  type LoggedEvent,
  type Message,
  type StreamEvent,
  toOutgoing,
} from "../src/protocol/event.ts";
import type { MessageRequest } from "../src/protocol/request.ts";
import { emptyMessage, fold } from "../src/protocol/snapshot.ts";
import { INITIAL, isTerminal, next, type Signal, type State } from "../src/protocol/state.ts";
import { readMessage } from "../src/providers/anthropic/anthropic.ts";
import { readEventStream } from "../src/providers/event-stream.ts";
import { UpstreamFailure } from "../src/providers/failure.ts";
import type { Call } from "../src/providers/provider.ts";
import {
  cancel,
  connect,
  message,
  objectOf,
  status,
  TRANSPORTS,
  type Transport,
  uniqueId,
} from "./support/client.ts";
import { foldWithSdk } from "./support/folding.ts";
import { expectWhole, parse } from "./support/laws.ts";
import { Observation, type Told } from "./support/observation.ts";
import { play } from "./support/play.ts";
import { anthropicEnd, anthropicEvent, anthropicStart } from "./support/script.ts";

const MODEL = "script-anthropic";
const CALL: Call = {
  messageId: "m",
  request: { model: MODEL, messages: [] } as unknown as MessageRequest,
  route: { provider: "anthropic", options: {} },
};

const START = JSON.stringify({
  type: "message_start",
  message: emptyMessage("theirs", "emulated"),
});
const STOP = '{"type":"message_stop"}';
const BLOCKS = [
  { type: "text", text: "" },
  { type: "thinking", thinking: "", signature: "" },
  { type: "tool_use", id: "toolu_1", name: "look", input: {} },
  { type: "redacted_thinking", data: "ZW5j" },
] as const;
const INPUT = JSON.stringify({ city: "Zürich 🏔", n: [1, -2.5e3, null], deep: { yes: true } });

/** What must not come next (a stop may, after a conclusion). `index` is that of the next block. */
const OFFENCES: ((index: number, text: string) => string)[] = [
  () => START,
  () => STOP,
  () => '{"type":"error","error":{"type":"invalid_request_error","message":"no"}}',
  (_, text) => JSON.stringify(text).slice(0, -1),
  (_, text) => JSON.stringify({ text }),
  (index) => `{"type":"content_block_stop","index":${index}}`,
  (index) => `{"type":"content_block_start","index":${index + 1},"content_block":{"type":"text"}}`,
  (index) => `{"type":"content_block_delta","index":${index},"delta":{"type":"novel_delta"}}`,
];

const KINDS = ["begin", "delta", "delta", "delta", "end", "ping", "novelty"] as const;
const move = fc.record({
  kind: fc.oneof(
    { weight: 24, arbitrary: fc.constantFrom(...KINDS) },
    fc.constantFrom("conclude", "offend"),
  ),
  pick: fc.nat(9),
  text: fc.string({ unit: "grapheme", maxLength: 5 }),
});
type Move = typeof move extends fc.Arbitrary<infer Value> ? Value : never;

interface Said {
  data: string;
  /** It goes into the log as it is, if it arrives whole. */
  logged: boolean;
  /** What its arrival makes of the message, unless that has been ended before. */
  outcome?: "completed" | "error";
}

function speak(begins: boolean, moves: Move[], concludes: boolean): Said[] {
  const said: Said[] = begins ? [{ data: START, logged: true }] : [];
  const open: { index: number; type: string; given: number }[] = [];
  let index = 0;
  let isSound = begins;
  let isConcluded = false;
  const say = (event: object) => said.push({ data: JSON.stringify(event), logged: isSound });
  const stop = (data: string) => {
    const isEnd = begins && isConcluded && data === STOP;
    said.push({ data, logged: false, outcome: isEnd ? "completed" : "error" });
    isSound = false;
  };
  const conclude = () => {
    const delta = { stop_reason: "end_turn", stop_sequence: null };
    say({ type: "message_delta", delta, usage: { output_tokens: 5 } });
    open.length = 0;
    isConcluded = true;
  };
  for (const { kind, pick, text } of moves) {
    const block = open[pick % open.length];
    if (kind === "begin" || (kind === "delta" && !block)) {
      const content_block = BLOCKS[pick % BLOCKS.length] ?? BLOCKS[0];
      say({ type: "content_block_start", index, content_block });
      open.push({ index, type: content_block.type, given: 0 });
      index += 1;
    } else if (kind === "delta" && block) {
      const partial_json = INPUT.slice(block.given, block.given + pick);
      block.given += pick;
      const deltas: Record<string, object> = {
        thinking: { type: "thinking_delta", thinking: text },
        tool_use: { type: "input_json_delta", partial_json },
      };
      const delta = deltas[block.type] ?? { type: "text_delta", text };
      say({ type: "content_block_delta", index: block.index, delta });
    } else if (kind === "end" && block) {
      say({ type: "content_block_stop", index: block.index });
      open.splice(open.indexOf(block), 1);
    } else if (kind === "novelty") say({ type: "novelty", text });
    else if (kind === "conclude") conclude();
    else if (kind === "offend") {
      const offence = OFFENCES[pick % OFFENCES.length]?.(index, text);
      // Where nothing has begun, a start would be sound.
      stop(begins && offence !== undefined ? offence : STOP);
    } else said.push({ data: '{"type":"ping"}', logged: false });
  }
  if (concludes) {
    conclude();
    stop(STOP);
  }
  return said;
}

/** Of something: from 0 to just below 1. Not `fc.double`, whose values are nearly all next to 0. */
const share = fc.nat({ max: 999 }).map((thousandths) => thousandths / 1_000);
const mostly = (weight: number) =>
  fc.oneof({ weight, arbitrary: fc.constant(true) }, fc.constant(false));

/** Bytes in pieces, what is due in the log once each has arrived, and how the message ends. */
const speech = fc
  .record({
    begins: mostly(15),
    moves: fc.array(move, { maxLength: 24 }),
    concludes: mostly(3),
    cuts: fc.array(share, { maxLength: 4 }),
    severed: fc.oneof({ weight: 4, arbitrary: fc.constant(1) }, share),
  })
  .map(({ begins, moves, concludes, cuts, severed }) => {
    let offset = 0;
    const said = speak(begins, moves, concludes).map((one) => {
      const bytes = new TextEncoder().encode(`event: any\ndata: ${one.data}\n\n`);
      offset += bytes.length;
      return { ...one, bytes, end: offset };
    });
    const all = new Uint8Array(said.flatMap(({ bytes }) => [...bytes]));
    const length = Math.floor(offset * severed);
    const ends = [...new Set([...cuts.map((cut) => Math.floor(cut * length)), length])];
    ends.sort((a, b) => a - b);
    const last = said.find(({ outcome, end }) => outcome && end <= length);
    return {
      outcome: last?.outcome ?? "error",
      pieces: ends.map((end, n) => all.slice(ends[n - 1] ?? 0, end)),
      due: ends.map((at) =>
        said.flatMap(({ data, logged, end }) => (logged && end <= at ? [data] : [])),
      ),
    };
  });

/** What must hold of a log beside `expectWhole`: how it ends, what is in it, what it folds into. */
async function expectLawful(
  log: Told[],
  status: string,
  { due, outcome }: { due: string[][]; outcome: string },
): Promise<void> {
  expectWhole(log);
  const events = parse(log);
  const conclusion = events.findLast((event) => event.type === "message_delta");
  const isCancelled = conclusion?.delta.stop_reason === "cancelled";
  expect(status).toBe(isCancelled ? "cancelled" : outcome);
  expect(log.at(-1)?.event).toBe(status === "error" ? "error" : "message_stop");

  const open = new Set<number>();
  for (const event of events) {
    if (event.type === "content_block_start") open.add(event.index);
    if (event.type === "content_block_stop") open.delete(event.index);
    if (event.type === "message_delta") expect([...open]).toEqual([]);
  }
  const missing = due.at(-1)?.slice(1) ?? []; // the first is told under the message's own name
  for (const { data } of log) if (data === missing[0]) missing.shift();
  if (!isCancelled) expect(missing).toEqual([]);

  const points = foldAll("m", events);
  const types = points.flatMap(({ content }) => content.map(({ type }) => typeof type));
  expect(types).toEqual(types.map(() => "string"));
  if (status === "error") return;
  const { parsed_output: _, ...bySdk } = await foldWithSdk(events);
  expect(points.at(-1)).toEqual(JSON.parse(JSON.stringify(bySdk)));
}

/** The message before the first event, and after each. */
function foldAll(id: string, events: StreamEvent[]): Message[] {
  return [0, ...events.map((_, at) => at + 1)].map((end) => {
    const message = fold(emptyMessage(id, MODEL), events.slice(0, end));
    return JSON.parse(JSON.stringify(message)) as Message;
  });
}

/** Somebody who watches, leaves and comes back, and reads no faster than it likes. */
class Watcher {
  readonly told: Told[] = [];
  /** The last event known; undefined where it began with `from=now` and was told none yet. */
  last: number | undefined;
  /** Where it first came: right after `seq`, or, from now on, somewhere after it. */
  began: { seq: number; isNow: boolean } | undefined;
  readonly #id: string;
  #transport: Transport = "sse";
  #observation: Observation | undefined;

  constructor(id: string) {
    this.#id = id;
  }

  /** Observes from after `seq`, or from now on; one who was there before, from where it left. */
  async come(transport: Transport, seq: number, isNow = false): Promise<void> {
    if (this.#observation) return;
    if (!this.began && !isNow) this.last = seq;
    this.began ??= { seq, isNow };
    this.#transport = transport;
    const { last, told } = this;
    const query = last === undefined ? "from=now" : `starting_after=${last}`;
    const from = last !== undefined && told.length > 0 ? { after: last } : { query };
    const response = await connect(transport, this.#id, from);
    if (response.status !== 204) this.#observation = new Observation(response);
  }

  /** Reads up to `seq`, or to the end. */
  async read(seq: number): Promise<void> {
    while (this.#observation && (this.last ?? 0) < seq) {
      const told = await this.#observation.next();
      if (!told) return this.#end(this.#observation);
      this.told.push(told);
      this.last = told.id;
    }
  }

  async go(): Promise<void> {
    await this.#observation?.close();
    this.#observation = undefined;
  }

  async #end(observation: Observation): Promise<void> {
    this.#observation = undefined;
    const code = this.#transport === "websocket" ? { code: 1000 } : {};
    expect(await observation.ended).toMatchObject({ kind: "closed", ...code });
  }
}

const VISITS = ["come", "come", "read", "read", "go", "look"] as const;
const visit = fc.record({
  kind: fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...VISITS) }, fc.constant("cancel")),
  who: fc.nat(2),
  transport: fc.constantFrom(...TRANSPORTS),
  /** Of the events there are: where to begin, or how far to read. */
  share: fc.oneof({ weight: 3, arbitrary: share }, fc.constant("now" as const)),
});

const performance = fc.record({
  speech,
  ending: fc.constantFrom({ cut: true } as const, { end: true } as const),
  transport: fc.constantFrom(...TRANSPORTS),
  /** What happens after each piece; the last ones happen while the rest takes its course. */
  visits: fc.array(fc.array(visit, { maxLength: 3 }), { minLength: 6, maxLength: 6 }),
});

test("whatever an upstream says, all who watch are told one log that keeps the laws", async () => {
  await fc.assert(
    fc.asyncProperty(performance, async ({ speech, ending, transport, visits }) => {
      const steps = speech.pieces.flatMap((bytes, n) => [
        { bytes: btoa(String.fromCharCode(...bytes)) },
        { gate: `${n}` },
      ]);
      const { id, open } = await play([...steps, ending]);
      const witness = new Watcher(id);
      await witness.come(transport, 0);
      const audience = [0, 1, 2].map(() => new Watcher(id));
      const looks: Message[] = [];

      const receive = async ({ kind, who, transport, share }: (typeof visits)[number][number]) => {
        const watcher = audience[who] as Watcher;
        const newest = witness.last ?? 0;
        const seq = share === "now" ? newest : Math.floor(share * (newest + 1));
        if (kind === "come") await watcher.come(transport, seq, share === "now");
        if (kind === "read" && watcher.last !== undefined) await watcher.read(seq);
        if (kind === "go") await watcher.go();
        if (kind === "look") looks.push((await message(id)).body);
        if (kind === "cancel") expect((await cancel(id)).code).toBe(200);
      };
      for (const n of speech.pieces.keys()) {
        await witness.read(speech.due[n]?.length ?? 0);
        for (const one of visits[n] ?? []) await receive(one);
        await open(`${n}`);
      }
      for (const one of visits.at(-1) ?? []) await receive(one);
      await witness.read(Number.POSITIVE_INFINITY);

      const log = witness.told;
      const before = (await status(id)).body;
      expect(before.metadata).toMatchObject({ last_event_id: log.length });
      await expectLawful(log, before.status, speech);

      // The message is the log, folded; and so was what was seen of it on the way.
      const points = foldAll(id, parse(log));
      expect((await message(id)).body).toEqual({ ...points.at(-1), status: before.status });
      for (const { status: _, ...look } of looks) expect(points).toContainEqual(look);

      // With all their comings and goings, all were told the same, without gap or repetition.
      for (const [n, watcher] of audience.entries()) {
        await watcher.come(TRANSPORTS[n % 2] ?? "sse", n % log.length);
        await watcher.read(Number.POSITIVE_INFINITY);
        const first = watcher.told[0]?.id ?? log.length + 1;
        expect(watcher.told).toEqual(log.slice(first - 1));
        const { seq = 0, isNow } = watcher.began ?? {};
        if (isNow) expect(first).toBeGreaterThan(seq);
        else expect(first).toBe(seq + 1);
      }

      // Nothing happens after the end.
      expect((await cancel(id)).body.status).toBe(before.status);
      for (const transport of TRANSPORTS) {
        const late = new Watcher(id);
        await late.come(transport, 0);
        await late.read(Number.POSITIVE_INFINITY);
        expect(late.told).toEqual(log);
      }
      const after = (await status(id)).body;
      const observers = expect.any(Number);
      expect(after).toEqual({ ...before, metadata: { ...before.metadata, observers } });
    }),
    { numRuns: 40, interruptAfterTimeLimit: 25_000 },
  );
}, 60_000);

const begin = (content_block?: object) => ({
  type: "content_block_start",
  index: 0,
  content_block,
});
const change = (delta?: object) => ({ type: "content_block_delta", index: 0, delta });

// In a log they would fold into nothing, or nothing valid, and the official client breaks on them.
test.for<[name: string, events: { type: string }[]]>([
  ["a block without its content", [begin()]],
  ["a block of no type", [begin({})]],
  ["a delta that is missing", [begin(BLOCKS[0]), change()]],
  ["a text_delta without text", [begin(BLOCKS[0]), change({ type: "text_delta" })]],
  ["an input_json_delta without text", [begin(BLOCKS[2]), change({ type: "input_json_delta" })]],
  ["a message_delta without its delta", [{ type: "message_delta" }]],
])("%s ends the message in error, and what came before is kept", async ([, events]) => {
  const { id } = await play([anthropicStart(), ...events.map(anthropicEvent), ...anthropicEnd()]);
  const watcher = new Watcher(id);
  await watcher.come("sse", 0);
  await watcher.read(Number.POSITIVE_INFINITY);
  const before = events.slice(0, -1).map((event) => JSON.stringify(event));
  await expectLawful(watcher.told, "error", { due: [["", ...before]], outcome: "error" });
  expect((await message(id)).code).toBe(200);
});

function toTold(events: Iterable<LoggedEvent>): Told[] {
  return Array.from(events, ({ seq, type, data }) => ({ id: seq, event: type, data }));
}

/** An observer whose connection does what the test says. */
class Scripted implements Observer {
  after: number;
  readonly told: Told[];
  readonly farewells: unknown[] = [];
  isSlow = false;
  #isGone = false;
  #arrived: number;
  #taking: PromiseWithResolvers<void> | undefined;
  readonly #log: EventLog;

  /** One that goes on where `told` ends. */
  constructor(log: EventLog, after: number, told: Told[] = []) {
    this.#log = log;
    this.told = [...told];
    this.after = told.at(-1)?.id ?? after;
    this.#arrived = told.length;
  }

  write(batch: Batch): Promise<void> | undefined {
    expect(this.#taking, "told more while it was busy").toBeUndefined();
    const written = this.#log.after(batch.first - 1)?.events ?? [];
    expect(written.slice(0, batch.events.length), "shown, not written").toEqual(batch.events);
    if (this.#isGone) return Promise.reject(new Error("gone"));
    this.told.push(...toTold(batch.events));
    if (this.isSlow) this.#taking = Promise.withResolvers();
    else this.#arrived = this.told.length;
    return this.#taking?.promise;
  }

  ping(): void {}

  close(...farewell: unknown[]): void {
    this.farewells.push(farewell);
  }

  /** What it was told has arrived. */
  async take(): Promise<void> {
    const taking = this.#taking;
    this.#taking = undefined;
    this.#arrived = this.told.length;
    taking?.resolve();
    await taking?.promise;
  }

  /** The connection breaks, and what was on its way never arrives. */
  lose(): void {
    this.#isGone = true;
    this.told.length = this.#arrived;
    this.#taking?.reject(new Error("gone"));
    this.#taking = undefined;
  }
}

/** The parts of an object as completion.ts puts them together, with a clock of the test's. */
class Parts {
  readonly log: EventLog;
  readonly recorder: Recorder;
  readonly observers: Observers;
  state: State = INITIAL;
  now = 0;
  #writing: PromiseWithResolvers<void> | undefined;

  constructor(sql: SqlStorage) {
    sql.exec("DROP TABLE IF EXISTS events");
    sql.exec(EVENTS_TABLE);
    this.log = new EventLog(sql);
    this.observers = new Observers({
      after: (seq) => this.log.after(seq),
      ended: () => isTerminal(this.state),
    });
    const writing = {
      commit: (events: LoggedEvent[]) => this.#show(this.log.append(events)),
      confirmed: () => {
        expect(this.#writing, "two writes at a time").toBeUndefined();
        this.#writing = Promise.withResolvers();
        return this.#writing.promise;
      },
      now: () => this.now,
    };
    // Longer than any run, so that only the test's clock makes it pass.
    this.recorder = new Recorder(writing, () => 600_000);
  }

  async confirm(): Promise<void> {
    const writing = this.#writing;
    this.#writing = undefined;
    writing?.resolve();
    await writing?.promise;
  }

  end(signal: Signal): void {
    const state = next(this.state, signal);
    if (isTerminal(this.state) || !isTerminal(state)) return;
    this.state = state;
    const opening = { messageId: "m", model: MODEL, requestId: "req_1" } as Opening;
    const ending = endingOf(state, this.recorder.progress, opening);
    this.#show(this.log.append(this.recorder.seal(ending)));
  }

  #show(batches: Batch[]): void {
    for (const batch of batches) this.observers.publish(batch);
  }
}

const DEEDS = ["come", "slow", "take", "lose", "go", "confirm", "pass"] as const;
const deed = fc.record({
  kind: fc.oneof({ weight: 20, arbitrary: fc.constantFrom(...DEEDS) }, fc.constant("cancel")),
  who: fc.nat(2),
  share,
});

const plan = fc.record({
  speech,
  /** What happens before each piece is recorded. */
  deeds: fc.array(fc.array(deed, { maxLength: 8 }), { minLength: 5, maxLength: 5 }),
});

test("whatever happens to its parts, in whatever order, the log keeps the laws", async () => {
  await runInDurableObject(objectOf(uniqueId()), (_, { storage: { sql } }) =>
    fc.assert(
      fc.asyncProperty(plan, async ({ speech, deeds }) => {
        const parts = new Parts(sql);
        const { log, observers, recorder } = parts;
        const seats = [0, 1, 2].map(() => {
          return { one: new Scripted(log, 0), isTaken: false, began: 0 };
        });
        const come = (seat: (typeof seats)[number], after: number) => {
          if (seat.one.told.length === 0) seat.began = after;
          seat.one = new Scripted(log, after, seat.one.told);
          seat.isTaken = true;
          observers.join(seat.one);
        };
        const perform = async ({ kind, who, share }: (typeof deeds)[number][number]) => {
          const seat = seats[who] as (typeof seats)[number];
          if (kind === "come" && !seat.isTaken) come(seat, Math.floor(share * (log.last + 1)));
          if (kind === "slow") seat.one.isSlow = true;
          if (kind === "take") await seat.one.take();
          if (kind === "go") observers.leave(seat.one);
          if (kind === "go" || kind === "lose") {
            seat.one.lose();
            seat.isTaken = false;
          }
          if (kind === "confirm") await parts.confirm();
          if (kind === "pass") parts.now += share * 2_000_000;
          if (kind !== "cancel") return;
          parts.end({ type: recorder.isComplete ? "completed" : "cancelled" });
        };

        const body = new ReadableStream<Uint8Array>({
          start(controller) {
            for (const piece of speech.pieces) controller.enqueue(piece);
            controller.close();
          },
        });
        const schedule = deeds.values();
        try {
          for await (const events of readMessage(readEventStream(body), CALL)) {
            for (const one of schedule.next().value ?? []) await perform(one);
            if (isTerminal(parts.state)) break;
            recorder.record(events);
          }
          parts.end({ type: "completed" });
        } catch (failure) {
          if (!(failure instanceof UpstreamFailure)) throw failure;
          const { type, message } = failure;
          parts.end({ type: "failed", problem: { reason: "upstream", error: { type, message } } });
        }

        const all = toTold(log.events());
        await expectLawful(all, parts.state.status, speech);
        for (const seat of seats) {
          if (!seat.isTaken) come(seat, log.last);
          for (let patience = 10; seat.one.farewells.length === 0; patience -= 1) {
            expect(patience).toBeGreaterThan(0);
            await seat.one.take();
          }
          expect(seat.one.told).toEqual(all.slice(seat.began));
          expect(seat.one.farewells).toEqual([["ended", true]]);
        }
        expect(observers.size).toBe(0);

        // Nothing happens after the end, and what was written is what another object finds.
        recorder.record([toOutgoing({ type: "message_stop" })]);
        await parts.confirm();
        expect(toTold(new EventLog(sql).events())).toEqual(all);
      }),
      { numRuns: 500 },
    ),
  );
}, 60_000);
