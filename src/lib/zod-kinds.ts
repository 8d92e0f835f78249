// Kinds of zod schema for JSON from strangers: lists whose faults are bounded, objects whose null
// fields are absent, unions that choose before they check, rules that do not wait for the rest to
// be right. zod is extended here the way its core is made for: https://zod.dev/packages/core

import * as z from "zod";
// By name: through `z.core` every language of its messages would come along.
import { $constructor, $ZodAsyncError, util } from "zod/v4/core";

/**
 * More faults than anyone will read. A list stops checking its items there: a body of megabytes with
 * a fault in each item must not become an answer of hundreds of megabytes.
 */
export const MAX_FAULTS = 1_000;

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

interface BoundedArrayDef extends z.core.$ZodArrayDef {
  max: number;
}

const BoundedArray = $constructor("BoundedArray", (inst: z.ZodArray, def: BoundedArrayDef) => {
  z.ZodArray.init(inst, def);
  const refuse = inst._zod.parse;
  inst._zod.parse = (payload, context) => {
    const items: unknown = payload.value;
    if (!Array.isArray(items)) return refuse(payload, context);
    // Left as it is: the check of the length, which runs next, reports it.
    if (items.length > def.max) return payload;
    const output: unknown[] = new Array(items.length);
    payload.value = output;
    for (let index = 0; index < items.length; index += 1) {
      const item = def.element._zod.run({ value: items[index], issues: [] }, context);
      if (item instanceof Promise) throw new $ZodAsyncError();
      output[index] = item.value;
      payload.issues.push(...util.prefixIssues(index, item.issues));
      if (payload.issues.length >= MAX_FAULTS) break;
    }
    return payload;
  };
});

/** A list of at most `max` items. A longer one is refused without a look at the items. */
export function list<Item extends z.ZodType>(item: Item, max: number): z.ZodArray<Item> {
  const array = new BoundedArray({ type: "array", element: item, max });
  return (array as unknown as z.ZodArray<Item>).max(max);
}

interface FieldsDef extends z.core.$ZodObjectDef {
  aliases: Record<string, string>;
}

const Fields = $constructor("Fields", (inst: z.ZodObject, def: FieldsDef) => {
  z.ZodObject.init(inst, def);
  const parse = inst._zod.parse;
  let optional: string[] | undefined;
  inst._zod.parse = (payload, context) => {
    optional ??= Object.keys(def.shape).filter((key) => def.shape[key]?._zod.optin !== undefined);
    payload.value = tidy(payload.value, optional, def.aliases);
    return parse(payload, context);
  };
});

/**
 * An object with fields that are known, and others, which are kept. In an optional one `null` means
 * absent. `aliases` are further names for fields; where both are given the field's own name wins.
 */
export function fields<Shape extends z.core.$ZodLooseShape>(
  shape: Shape,
  aliases: { [alias: string]: string & keyof Shape } = {},
): z.ZodObject<Shape, z.core.$loose> {
  const object = new Fields({ type: "object", shape, catchall: z.unknown(), aliases });
  return object as unknown as z.ZodObject<Shape, z.core.$loose>;
}

function tidy(value: unknown, optional: string[], aliases: Record<string, string>): unknown {
  if (!isRecord(value)) return value;
  const aliased = Object.keys(aliases).filter((alias) => Object.hasOwn(value, alias));
  const nulls = optional.filter((key) => value[key] === null);
  if (aliased.length === 0 && nulls.length === 0) return value;
  const copy = { ...value };
  for (const alias of aliased) {
    const name = aliases[alias] ?? alias;
    copy[name] ??= copy[alias];
    delete copy[alias];
  }
  for (const key of optional) if (copy[key] === null) delete copy[key];
  return copy;
}

interface ChoiceDef extends z.core.$ZodUnionDef {
  choose: (value: unknown, options: never) => z.core.$ZodType;
}

const Choice = $constructor("Choice", (inst: z.ZodUnion, def: ChoiceDef) => {
  z.ZodUnion.init(inst, def);
  inst._zod.parse = (payload, context) =>
    def.choose(payload.value, def.options as never)._zod.run(payload, context);
});

/**
 * A union that looks at the value, decides which option it is meant to be and reports that option's
 * faults, where a plain union could only say that none of its options fits.
 */
export function choice<const Options extends readonly z.ZodType[]>(
  options: Options,
  choose: (value: unknown, options: Options) => Options[number],
): z.ZodUnion<Options> {
  return new Choice({ type: "union", options, choose }) as unknown as z.ZodUnion<Options>;
}

/** Text, or a list: the two ways in which the Messages API takes content. */
export function textOr<Text extends z.ZodType, List extends z.ZodType>(text: Text, list: List) {
  return choice([text, list], (value) => (Array.isArray(value) ? list : text));
}

/** Something that a rule found to be wrong. */
export interface Fault {
  path: (string | number)[];
  message: string;
}

/**
 * A check between the fields of an object. It runs where fields are at fault too, so that everything
 * is reported at once: `find` must pass over what has the wrong shape, and repeat nothing of it in a
 * message, because it may be megabytes.
 */
export function rules(find: (value: Record<string, unknown>) => Iterable<Fault>) {
  return z.superRefine<unknown>(
    (value, context) => {
      if (!isRecord(value)) return;
      let found = 0;
      for (const fault of find(value)) {
        context.addIssue({ code: "custom", ...fault });
        found += 1;
        if (found >= MAX_FAULTS) return;
      }
    },
    { when: () => true },
  );
}
