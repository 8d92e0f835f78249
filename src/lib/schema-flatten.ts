// One JSON Schema out of many: references followed, `allOf` merged, one way chosen of `anyOf` and
// `oneOf`. What comes out has none of these at its top level; deeper levels are left as they are.

export type Schema = Record<string, unknown>;

/** What is being read, and how long reading may go on. */
export interface Reading {
  root: unknown;
  stepsLeft: number;
}

/** References and compositions are followed this far from one value. */
const MAX_HOPS = 32;

/**
 * `rich` takes the first of several ways, as whoever lists them puts the telling one first;
 * otherwise it takes one that leads no deeper, so that recursive schemas come to an end.
 */
export function flatten(schema: unknown, reading: Reading, rich: boolean, hops = 0): Schema {
  reading.stepsLeft -= 1;
  if (!isSchema(schema) || hops > MAX_HOPS || reading.stepsLeft <= 0) return {};
  const { $ref, allOf, anyOf, oneOf, ...own } = schema;
  const follow = (part: unknown) => flatten(part, reading, rich, hops + 1);
  const chosen = choose(list(oneOf), rich);
  const merged = [
    typeof $ref === "string" ? resolve($ref, reading.root) : {},
    ...list(allOf),
    choose(list(anyOf), rich),
    chosen,
  ].reduce<Schema>((all, part) => merge(all, follow(part)), own);
  return list(oneOf)
    .filter((way) => way !== chosen)
    .reduce<Schema>((all, way) => without(all, follow(way)), merged);
}

export function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The names in a list of names. */
export function namesIn(value: unknown): string[] {
  return list(value).filter((name) => typeof name === "string");
}

function choose(ways: unknown[], rich: boolean): unknown {
  const open = ways.filter((way) => way !== false);
  const leadsDeeper = ["$ref", "allOf", "anyOf", "oneOf", "properties", "items", "prefixItems"];
  const plain = open.find((way) => isSchema(way) && !leadsDeeper.some((key) => key in way));
  return (rich ? undefined : plain) ?? open[0];
}

/** Leaves out what another way of a `oneOf` demands and this one does not, or both would fit. */
function without(schema: Schema, other: Schema): Schema {
  const needed = namesIn(schema.required);
  const excluded = namesIn(other.required).filter((name) => !needed.includes(name));
  if (excluded.length === 0) return schema;
  const closed = Object.fromEntries(excluded.map((name) => [name, false]));
  return merge(schema, { properties: closed });
}

/** `#` and `#/pointers` into this document (RFC 6901); anything else allows everything. */
function resolve(reference: string, root: unknown): unknown {
  if (reference !== "#" && !reference.startsWith("#/")) return {};
  let found = root;
  for (const part of reference.split("/").slice(1)) {
    const name = decode(part).replaceAll("~1", "/").replaceAll("~0", "~");
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, name)) return {};
    found = (found as Schema)[name];
  }
  return found;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

type Combine = (one: unknown, other: unknown) => unknown;

const isNumber = (value: unknown) => typeof value === "number";
const larger: Combine = (one, other) => Math.max(...[one, other].filter(isNumber));
const smaller: Combine = (one, other) => Math.min(...[one, other].filter(isNumber));
const both: Combine = (one, other) =>
  one === false || other === false ? false : { allOf: [one, other] };
const union: Combine = (one, other) => [...namesIn(one), ...namesIn(other)];

const COMBINE = new Map<string, Combine>([
  ...["minimum", "exclusiveMinimum", "minLength", "minItems"].map((key) => [key, larger] as const),
  ...["maximum", "exclusiveMaximum", "maxLength", "maxItems"].map((key) => [key, smaller] as const),
  ["required", union],
  ["items", both],
  ["additionalProperties", both],
  ["type", intersectTypes],
  ["enum", intersect],
  ["properties", mergeProperties],
]);

/** Both at once. Where keywords cannot be combined, those of `one` win. */
function merge(one: Schema, other: Schema): Schema {
  const shared = Object.keys(other).filter((key) => Object.hasOwn(one, key));
  const combined = shared.map((key) => [key, COMBINE.get(key)?.(one[key], other[key]) ?? one[key]]);
  return { ...other, ...one, ...Object.fromEntries(combined) };
}

function mergeProperties(one: unknown, other: unknown): unknown {
  if (!isSchema(one) || !isSchema(other)) return one;
  const shared = Object.keys(other).filter((key) => Object.hasOwn(one, key));
  const combined = shared.map((key) => [key, both(one[key], other[key])]);
  return { ...one, ...other, ...Object.fromEntries(combined) };
}

function intersect(one: unknown, other: unknown): unknown {
  const texts = new Set(list(other).map((value) => JSON.stringify(value)));
  return list(one).filter((value) => texts.has(JSON.stringify(value)));
}

function intersectTypes(one: unknown, other: unknown): unknown {
  const [left, right] = [[one].flat(), [other].flat()];
  const shared = left.filter((type) => right.includes(type));
  const mixed = [...left, ...right];
  if (mixed.includes("integer") && mixed.includes("number")) shared.push("integer");
  return shared.length > 0 ? shared : one;
}
