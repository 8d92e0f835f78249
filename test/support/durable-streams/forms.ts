// How streams of any content type are kept as values of JSON, and told again. Messages know one only.

import { concat } from "../../../src/lib/bytes.ts";
import type { Batch } from "../../../src/message/batch.ts";
import type { Form } from "../../../src/message/paged-log.ts";

declare global {
  interface Uint8Array {
    toBase64(): string;
  }
  interface Uint8ArrayConstructor {
    fromBase64(text: string): Uint8Array<ArrayBuffer>;
  }
}

/** JSON as it was written, text as text, bytes in base64. */
export type Value = unknown;

export interface ParsingForm extends Form {
  /** What a body holds. Throws for one that is not of its type. */
  parse(body: Uint8Array): Value[];
}

export const isJson = (type: string): boolean => /^application\/json\b/i.test(type);
export const isBinary = (type: string): boolean => !isJson(type) && !/^text\//i.test(type);

export function formOf(type: string): ParsingForm {
  if (isJson(type)) return json(type);
  return isBinary(type) ? binary(type) : text(type);
}

const valuesOf = ({ events }: Batch) => events.map(({ data }) => JSON.parse(data) as Value);

function json(contentType: string): ParsingForm {
  const toList = ({ events }: Batch) => `[${events.map(({ data }) => data).join(",")}]`;
  return {
    contentType,
    nothing: "[]",
    page: toList,
    line: toList,
    parse: (body) => [JSON.parse(new TextDecoder().decode(body))].flat(),
  };
}

function text(contentType: string): ParsingForm {
  return {
    contentType,
    nothing: "",
    page: (batch) => valuesOf(batch).join(""),
    line: (batch) =>
      valuesOf(batch)
        .join("")
        .replaceAll(/\r\n|\r|\n/g, "\ndata:"),
    parse: (body) => [new TextDecoder().decode(body)],
  };
}

function binary(contentType: string): ParsingForm {
  const toBytes = (batch: Batch) =>
    concat((valuesOf(batch) as string[]).map((value) => Uint8Array.fromBase64(value)));
  return {
    contentType,
    nothing: "",
    page: toBytes,
    line: (batch) => toBytes(batch).toBase64(),
    parse: (body) => [body.toBase64()],
  };
}
