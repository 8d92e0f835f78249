// When the events of a message came, as a picture: how many in each stretch of time, where nothing
// came, and what it amounts to in words. Pure geometry: numbers in, shapes out.

export const KINDS = ["thinking", "text", "tool", "other"] as const;
export type Kind = (typeof KINDS)[number];

export interface Moment {
  kind: Kind;
  /** In ms; undefined where nobody saw it come. */
  at: number | undefined;
}

/** `x`, `y`, `width` and `height` are shares of the picture; `y` is counted from the top. */
export interface Rect {
  x: number;
  width: number;
  y: number;
  height: number;
}

export interface Picture {
  bars: (Rect & { kind: Kind })[];
  gaps: { x: number; width: number; label: string }[];
  ticks: { x: number; label: string }[];
  /** Where a block or the message begins or ends. */
  marks: number[];
  /** Events that nobody saw come. */
  earlier: number;
  summary: string;
}

const MAX_COLUMNS = 96;
const EVENTS_PER_COLUMN = 4;
const MAX_TICKS = 6;
/** So long is nothing remarkable, however fast the rest came. */
const MIN_GAP_MS = 400;
/** A gap is so many times as long as what mostly lies between two events. */
const GAP_FACTOR = 8;
const MAX_GAPS = 20;
const STEPS = [100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 300_000, 900_000];

/** Undefined while there is nothing to draw. */
export function drawTimeline(moments: readonly Moment[]): Picture | undefined {
  const seen = moments.filter(
    (moment): moment is Moment & { at: number } => moment.at !== undefined,
  );
  const [first] = seen;
  const last = seen.at(-1);
  if (!first || !last || last.at <= first.at) return undefined;
  const span = last.at - first.at;
  const toX = (at: number): number => (at - first.at) / span;

  const count = Math.min(MAX_COLUMNS, Math.max(1, Math.ceil(seen.length / EVENTS_PER_COLUMN)));
  const columns = Array.from({ length: count }, () => new Map<Kind, number>());
  for (const { at, kind } of seen) {
    const column = columns[Math.min(count - 1, Math.floor(toX(at) * count))];
    column?.set(kind, (column.get(kind) ?? 0) + 1);
  }
  const peak = Math.max(...columns.map(total));
  const gaps = findGaps(seen.map(({ at }) => at));

  return {
    bars: columns.flatMap((column, at) => toBars(column, at / count, 1 / count, peak)),
    gaps: gaps.map(({ from, ms }) => ({ x: toX(from), width: ms / span, label: toSeconds(ms) })),
    ticks: toTicks(span),
    marks: seen.filter(({ kind }) => kind === "other").map(({ at }) => toX(at)),
    earlier: moments.length - seen.length,
    summary: toSummary(seen.length, span, (peak * count) / span, gaps),
  };
}

function toBars(column: Map<Kind, number>, x: number, width: number, peak: number) {
  let y = 1;
  return KINDS.flatMap((kind) => {
    const height = (column.get(kind) ?? 0) / peak;
    y -= height;
    return height === 0 ? [] : [{ kind, x, width, y, height }];
  });
}

function total(column: Map<Kind, number>): number {
  let sum = 0;
  for (const count of column.values()) sum += count;
  return sum;
}

interface Gap {
  from: number;
  ms: number;
}

/** Longest first. */
function findGaps(times: readonly number[]): Gap[] {
  const all = times.slice(1).map((at, before) => ({
    from: times[before] as number,
    ms: at - (times[before] as number),
  }));
  all.sort((one, other) => other.ms - one.ms);
  const median = all[Math.floor(all.length / 2)]?.ms ?? 0;
  const least = Math.max(MIN_GAP_MS, median * GAP_FACTOR);
  return all.filter(({ ms }) => ms >= least).slice(0, MAX_GAPS);
}

function toTicks(span: number): Picture["ticks"] {
  const step = STEPS.find((step) => span / step <= MAX_TICKS) ?? span;
  const ticks = [];
  // The last one would stick out of the picture.
  for (let ms = 0; ms < span * 0.97; ms += step) ticks.push({ x: ms / span, label: toSeconds(ms) });
  return ticks;
}

function toSummary(count: number, span: number, peakPerMs: number, gaps: readonly Gap[]): string {
  const rate = toPrecision((count / span) * 1_000);
  const peak = toPrecision(peakPerMs * 1_000);
  const [longest] = gaps;
  const silence = longest ? `longest silence ${toSeconds(longest.ms)}` : "no silence";
  return `${count} events in ${toSeconds(span)}, ${rate} a second and ${peak} at most, ${silence}`;
}

/** `40 ms`, `0.4 s`, `12 s`, `2.5 min`. */
export function toSeconds(ms: number): string {
  if (ms > 0 && ms < 100) return `${Math.round(ms)} ms`;
  return ms < 120_000 ? `${toPrecision(ms / 1_000)} s` : `${toPrecision(ms / 60_000)} min`;
}

function toPrecision(value: number): string {
  return String(value < 10 ? Math.round(value * 10) / 10 : Math.round(value));
}
