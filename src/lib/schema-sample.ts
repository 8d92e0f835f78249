// JSON Schema -> a small value that fits it, the same one every time. For stand-ins and examples:
// it reads what schemas of tools and of structured output use, and leaves `pattern`, `not`,
// `contains`, conditions and references to other documents alone.

import { flatten, isSchema, list, namesIn, type Reading, type Schema } from "./schema-flatten.ts";

/** Optional properties and items are shown down to this depth; below it only what must be there. */
const SHOWN_DEPTH = 3;
/** Schemas that demand themselves without end are cut here, with `null`. */
const MAX_DEPTH = 16;
/** Steps of reading, for schemas that demand too much in breadth: what is left is not read. */
const MAX_STEPS = 50_000;
const MAX_ITEMS = 100;
const MAX_STRING_CHARACTERS = 10_000;

const FORMATS = new Map([
  ["date", "2025-01-01"],
  ["date-time", "2025-01-01T12:00:00Z"],
  ["time", "12:00:00Z"],
  ["duration", "P1D"],
  ["email", "someone@example.com"],
  ["idn-email", "someone@example.com"],
  ["hostname", "example.com"],
  ["ipv4", "192.0.2.1"],
  ["ipv6", "2001:db8::1"],
  ["uri", "https://example.com/"],
  ["uri-reference", "https://example.com/"],
  ["iri", "https://example.com/"],
  ["uuid", "00000000-0000-4000-8000-000000000000"],
  ["json-pointer", "/sample"],
  ["regex", "sample"],
]);

/** Never throws, whatever `schema` is, and always comes to an end. */
export function schemaSample(schema: unknown): unknown {
  return sample(schema, { root: schema, stepsLeft: MAX_STEPS }, 0, 0);
}

/** `nth` tells the items of a list apart: the first is 0. */
function sample(schema: unknown, reading: Reading, depth: number, nth: number): unknown {
  if (depth > MAX_DEPTH) return null;
  const flat = flatten(schema, reading, depth < SHOWN_DEPTH);
  if ("const" in flat) return flat.const;

  const allowed = list(flat.enum).filter((value) => hasType(value, flat));
  if (allowed.length > 0) return allowed[nth % allowed.length];
  const told = ["default" in flat ? [flat.default] : [], list(flat.examples)].flat();
  const fitting = told.filter((value) => isComplete(value, flat));
  if (nth < fitting.length) return fitting[nth];

  switch (typeOf(flat)) {
    case "object":
      return sampleObject(flat, reading, depth, nth);
    case "array":
      return sampleArray(flat, reading, depth);
    case "integer":
      return sampleStep(flat, wholeStep(flat.multipleOf), nth);
    case "number":
      return isPositive(flat.multipleOf)
        ? sampleStep(flat, flat.multipleOf, nth)
        : sampleNumber(flat, nth);
    case "boolean":
      return nth % 2 === 0;
    case "null":
      return null;
    default:
      return sampleString(flat, nth);
  }
}

function sampleObject(flat: Schema, reading: Reading, depth: number, nth: number): unknown {
  const properties = isSchema(flat.properties) ? flat.properties : {};
  const required = new Set(namesIn(flat.required));
  const shown = Object.keys(properties).filter(
    (name) => required.has(name) || (depth < SHOWN_DEPTH && properties[name] !== false),
  );
  // Through a set, since what is required need not be described; through entries, since a property
  // may be called `__proto__`.
  const entries = [...new Set([...shown, ...required])].map((name) => {
    const schema = Object.hasOwn(properties, name) ? properties[name] : flat.additionalProperties;
    return [name, sample(schema, reading, depth + 1, nth)];
  });
  return Object.fromEntries(entries);
}

function sampleArray(flat: Schema, reading: Reading, depth: number): unknown[] {
  // Before 2020-12 the first items were a list under `items`.
  const [first, rest] = Array.isArray(flat.items)
    ? [flat.items, flat.additionalItems]
    : [list(flat.prefixItems), flat.items];
  const wished = Math.max(first.length, depth < SHOWN_DEPTH && rest !== false ? 1 : 0);
  const most = Math.min(number(flat.maxItems, MAX_ITEMS), MAX_ITEMS);
  const length = Math.min(Math.max(wished, number(flat.minItems, 0)), most);
  const items: unknown[] = [];
  while (items.length < length && reading.stepsLeft > 0) {
    const nth = items.length;
    items.push(sample(nth < first.length ? first[nth] : rest, reading, depth + 1, nth));
  }
  return items;
}

/** A multiple of `step` within the bounds. */
function sampleStep(flat: Schema, step: number, nth: number): number {
  let lowest = Math.ceil(number(flat.minimum, -Infinity) / step);
  let highest = Math.floor(number(flat.maximum, Infinity) / step);
  lowest = Math.max(lowest, Math.floor(number(flat.exclusiveMinimum, -Infinity) / step) + 1);
  highest = Math.min(highest, Math.ceil(number(flat.exclusiveMaximum, Infinity) / step) - 1);
  const multiple = clamp(1, lowest, highest) + nth;
  // 3 * 0.1 is not 0.3.
  return Number((clamp(multiple, lowest, highest) * step).toPrecision(15));
}

/** A number within the bounds, and off them unless they leave no other. */
function sampleNumber(flat: Schema, nth: number): number {
  const low = Math.max(number(flat.minimum, -Infinity), number(flat.exclusiveMinimum, -Infinity));
  const high = Math.min(number(flat.maximum, Infinity), number(flat.exclusiveMaximum, Infinity));
  const simple = 1 + nth;
  if (low < simple && simple < high) return simple;
  if (Number.isFinite(low) && Number.isFinite(high)) return low + (high - low) / (nth + 2);
  return Number.isFinite(low) ? low + simple : high - simple;
}

function sampleString(flat: Schema, nth: number): string {
  const formatted = FORMATS.get(flat.format as string);
  if (formatted !== undefined) return formatted;
  const most = Math.min(number(flat.maxLength, MAX_STRING_CHARACTERS), MAX_STRING_CHARACTERS);
  const least = Math.min(number(flat.minLength, 0), most);
  // What tells it from the others comes first, so that cutting leaves it.
  const text = nth === 0 ? "sample" : `${nth + 1} sample`;
  return text.padEnd(least, " sample").slice(0, most);
}

/** The type to make: the first that is not null, else what the other keywords speak of. */
function typeOf(flat: Schema): unknown {
  const types = [flat.type].flat().filter((type) => type !== undefined);
  if (types.length > 0) return types.find((type) => type !== "null") ?? "null";
  const speaksOf = (...keywords: string[]) => keywords.some((keyword) => keyword in flat);
  if (speaksOf("properties", "required", "additionalProperties")) return "object";
  if (speaksOf("items", "prefixItems", "minItems")) return "array";
  if (speaksOf("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")) {
    return "number";
  }
  return "string";
}

function hasType(value: unknown, flat: Schema): boolean {
  const types = [flat.type].flat().filter((type) => type !== undefined);
  if (types.length === 0) return true;
  const type = value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
  return types.includes(type) || (Number.isInteger(value) && types.includes("integer"));
}

function isComplete(value: unknown, flat: Schema): boolean {
  const required = namesIn(flat.required);
  return (
    hasType(value, flat) &&
    (!isSchema(value) || required.every((name) => Object.hasOwn(value, name)))
  );
}

/** The smallest whole number that is a multiple of `step`. */
function wholeStep(step: unknown): number {
  if (!isPositive(step)) return 1;
  for (let times = 1; times <= 1_000; times += 1) {
    if (Number.isInteger(step * times)) return step * times;
  }
  return 1;
}

function isPositive(value: unknown): value is number {
  return typeof value === "number" && value > 0;
}

function number(value: unknown, otherwise: number): number {
  return typeof value === "number" && !Number.isNaN(value) ? value : otherwise;
}

function clamp(value: number, lowest: number, highest: number): number {
  return Math.max(Math.min(value, highest), lowest);
}
