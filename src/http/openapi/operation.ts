// What the document tells of one endpoint, and the pieces that such rows are made of.

export interface Parameter {
  name: string;
  in: "path" | "query" | "header";
  description: string;
  required?: boolean;
  schema: Record<string, unknown>;
}

export interface Operation {
  method: "get" | "post" | "put" | "delete";
  path: string;
  summary: string;
  parameters?: Parameter[];
  /** The name of a schema. */
  takes?: string;
  /** The name of another, where it can be sent as a form too. */
  takesForm?: string;
  /** The name of another, where it takes a file as it is. */
  takesBytes?: string;
  /** By status: what is answered, by media type the name of a schema; none where it has no body. */
  answers: Record<number, { description: string; content?: Record<string, string> }>;
  /** Statuses of the problems it can meet, beside those that all of them can. */
  problems?: number[];
  /** True where no key is needed. */
  isOpen?: boolean;
}

export function inPath(name: string, description: string): Parameter {
  return { name, in: "path", description, required: true, schema: { type: "string" } };
}

export function inQuery(name: string, description: string, type = "string"): Parameter {
  return { name, in: "query", description, schema: { type } };
}

export function inHeader(name: string, description: string, required = false): Parameter {
  return {
    name,
    in: "header",
    description,
    ...(required && { required }),
    schema: { type: "string" },
  };
}

/** Where the document has a schema. */
export function toRef(schema: string): { $ref: string } {
  return { $ref: `#/components/schemas/${schema}` };
}

/** The content of an answer in JSON. */
export function json(schema: string): Record<string, string> {
  return { "application/json": schema };
}
