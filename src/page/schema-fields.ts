// A JSON Schema in words: the type of a value, the fields of an object. Pure, and lenient: what it
// does not know, it leaves out.

export type Schema = { [keyword: string]: unknown };

export interface Field {
  name: string;
  type: string;
  isRequired: boolean;
  description: string;
  /** What the field itself consists of, or each entry of it. */
  fields: Field[];
}

/** Deeper fields are told by their type alone. */
const MAX_DEPTH = 4;

export function fieldsOf(schema: Schema, depth = MAX_DEPTH): Field[] {
  const { properties, required = [] } = schema;
  if (!isSchema(properties) || depth === 0) return [];
  return Object.entries(properties)
    .filter((entry): entry is [string, Schema] => isSchema(entry[1]))
    .map(([name, field]) => ({
      name,
      type: typeOf(field),
      isRequired: Array.isArray(required) && required.includes(name),
      description: typeof field.description === "string" ? field.description : limitsOf(field),
      fields: partsOf(field).flatMap((part) => fieldsOf(part, depth - 1)),
    }));
}

export function typeOf(schema: Schema): string {
  const { $ref, const: only, enum: words, type, items } = schema;
  if (typeof $ref === "string") return nameOf($ref);
  if (only !== undefined) return JSON.stringify(only);
  if (Array.isArray(words)) return words.map((word) => JSON.stringify(word)).join(" | ");
  const choices = choicesOf(schema);
  if (choices.length > 0) return [...new Set(choices.map(typeOf))].join(" | ");
  if (type === "array") return isSchema(items) ? `list of ${typeOf(items)}` : "list";
  return Array.isArray(type) ? type.join(" | ") : `${type ?? "anything"}`;
}

/** What a reference leads to, by its last name. */
export function nameOf(reference: string): string {
  return reference.slice(reference.lastIndexOf("/") + 1);
}

/** The names of the schemas that a type is made of. */
export function referencesOf(schema: Schema): string[] {
  if (typeof schema.$ref === "string") return [nameOf(schema.$ref)];
  const inner = [...choicesOf(schema), schema.items].filter(isSchema);
  return inner.flatMap(referencesOf);
}

function choicesOf({ anyOf, oneOf }: Schema): Schema[] {
  return [anyOf, oneOf]
    .flatMap((choices) => (Array.isArray(choices) ? choices : []))
    .filter(isSchema);
}

/** The objects within: the schema itself, its entries, its choices. */
function partsOf(schema: Schema): Schema[] {
  const inner = [...choicesOf(schema), schema.items].filter(isSchema);
  return isSchema(schema.properties) ? [schema] : inner.flatMap(partsOf);
}

const LIMITS: Record<string, string> = {
  minimum: "at least",
  exclusiveMinimum: "more than",
  maximum: "at most",
  maxLength: "characters at most:",
  maxItems: "entries at most:",
};

function limitsOf(schema: Schema): string {
  return Object.entries(LIMITS)
    .filter(([keyword]) => Number.isFinite(schema[keyword]))
    .filter(([keyword]) => Math.abs(Number(schema[keyword])) < Number.MAX_SAFE_INTEGER)
    .map(([keyword, words]) => `${words} ${schema[keyword]}`)
    .join(", ");
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
