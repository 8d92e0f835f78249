// Passages of JSON: neighbouring values, each after its path. Objects and arrays stay in one piece where
// they are short enough.

import { exceedsDepth } from "../../lib/json-depth.ts";
import { cutText, ENOUGH_LENGTH, type Passage } from "./passage.ts";

/** Deeper, it is read as text: paths of that length say nothing. */
const MAX_DEPTH = 64;

/** Characters of a path that are shown; its end says more than its beginning. */
const MAX_PATH_LENGTH = 200;

interface Unit {
  first: string;
  last: string;
  text: string;
}

/** Undefined for what is no JSON, or too deep. */
export function jsonPassages(text: string): Passage[] | undefined {
  const value = parse(text);
  if (value === undefined || exceedsDepth(value, MAX_DEPTH)) return undefined;
  return unitsOf(value, "$").map(({ first, last, text }) => ({
    heading: "",
    place: { unit: "path", first, last },
    text,
  }));
}

/** https://github.com/tc39/proposal-json-parse-with-source */
type Revive = (key: string, value: unknown, context: { source?: string }) => unknown;

/** Numbers as they are written: not all of their digits survive in a number. */
const asWritten: Revive = (_, value, { source }) => (typeof value === "number" ? source : value);

function parse(text: string): unknown {
  try {
    return JSON.parse(text, asWritten as Parameters<typeof JSON.parse>[1]);
  } catch {
    return undefined;
  }
}

/** Goes as deep as `value`: bound that first. */
function unitsOf(value: unknown, path: string): Unit[] {
  if (typeof value !== "object" || value === null) return leafUnits(value, path);
  const units: Unit[] = [];
  for (const [key, child] of Object.entries(value)) {
    const step = Array.isArray(value) ? `[${key}]` : toStep(key);
    for (const unit of unitsOf(child, shorten(path + step))) join(units, unit);
  }
  const [only] = units;
  return only && units.length === 1 ? [{ ...only, first: path, last: path }] : units;
}

function leafUnits(value: unknown, path: string): Unit[] {
  const name = path.replace(/^\$\.?/, "");
  const text = name === "" ? `${value}` : `${name}: ${value}`;
  return Array.from(cutText(text), (piece) => ({ first: path, last: path, text: piece }));
}

/** Adds to the last unit while that is short. */
function join(units: Unit[], unit: Unit): void {
  const last = units.at(-1);
  if (last && last.text.length + unit.text.length <= ENOUGH_LENGTH) {
    units[units.length - 1] = {
      first: last.first,
      last: unit.last,
      text: `${last.text}\n${unit.text}`,
    };
  } else {
    units.push(unit);
  }
}

function toStep(key: string): string {
  return /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

function shorten(path: string): string {
  return path.length > MAX_PATH_LENGTH ? `…${path.slice(-MAX_PATH_LENGTH)}` : path;
}
