// Whether a value fits a JSON Schema (draft 2020-12), and where not: in sentences, for people and for
// models that are to mend it. All of a schema counts but its patterns, which are not run.

import { dereference, type OutputUnit, type Schema, validate } from "@cfworker/json-schema";
import { schemaFault } from "./schema-fault.ts";
import { APPLICATORS, isSchemaObject, partsOf } from "./schema-parts.ts";

/** Says where in a JSON value something does not fit, and what; undefined where all of it fits. */
export type Check = (value: unknown) => string | undefined;

/** Characters. */
const MAX_SENTENCE_LENGTH = 500;

/** Places told at once: each alternative of a union has its own. */
const MAX_PLACES = 3;

/** References followed in one check. A value has about as many as it has parts, unless they multiply. */
const MAX_REFERENCES = 500_000;

/** Applicators whose errors say something beside the errors that they lead to. */
const TELLING = new Set(["not", "contains", "oneOf"]);

/** A check that never throws. Where nothing can be checked against the schema it lets everything pass. */
export function createCheck(given: Record<string, unknown>): Check {
  const compiled = compile(given);
  if (!compiled) return () => undefined;
  const { schema, addresses } = compiled;
  return (value) => {
    let left = MAX_REFERENCES;
    const lookup = new Proxy(addresses, {
      get(target, address: string) {
        left -= 1;
        if (left < 0) throw new RangeError();
        return target[address];
      },
    });
    try {
      const { valid, errors } = validate(value, schema, "2020-12", lookup);
      return valid ? undefined : toSentence(errors);
    } catch {
      return "It is too much or nested too deeply to be checked, or a name in it is no text.";
    }
  };
}

function compile(given: Record<string, unknown>) {
  if (schemaFault(given)) return undefined;
  try {
    const schema: Schema = structuredClone(given); // the library marks it
    removePatterns(schema);
    return { schema, addresses: dereference(schema) };
  } catch {
    return undefined; // it is nested too deeply
  }
}

/**
 * Nothing here could stop an expression that takes for ever, and whoever writes a schema may be
 * anybody. What stands beside patterns for names cannot be judged without them.
 */
function removePatterns(root: Schema): void {
  for (const { schema } of partsOf(root)) {
    if (!isSchemaObject(schema)) continue;
    delete schema.pattern;
    // No format of the standard: the library has an expression for it that takes for ever as well.
    if (schema.format === "url") delete schema.format;
    if (!schema.patternProperties) continue;
    delete schema.patternProperties;
    delete schema.additionalProperties;
    delete schema.unevaluatedProperties;
  }
}

function toSentence(errors: OutputUnit[]): string {
  const telling = errors.filter(({ keyword }) => {
    const isLeading = keyword === "$ref" || APPLICATORS.has(keyword);
    return TELLING.has(keyword) || !isLeading;
  });
  const sentences = telling.slice(0, MAX_PLACES).map(({ instanceLocation, keyword, error }) => {
    const place = toPlace(instanceLocation);
    const message = keyword === "false" ? "This is not allowed." : error;
    return place === "" ? message : `${place}: ${message}`;
  });
  return sentences.join(" ").slice(0, MAX_SENTENCE_LENGTH).toWellFormed();
}

/** `#/a/0` as `a.0`: https://www.rfc-editor.org/rfc/rfc6901 */
function toPlace(pointer: string): string {
  const steps = pointer.split("/").slice(1);
  return steps
    .map((step) => decodeURIComponent(step).replace(/~1/g, "/").replace(/~0/g, "~"))
    .join(".");
}
