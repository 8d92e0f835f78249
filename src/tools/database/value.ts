// Values of PostgreSQL, which come as text: as JSON has them, and as a statement does.

import type { Value } from "../rows.ts";

/** https://github.com/postgres/postgres/blob/master/src/include/catalog/pg_type.dat */
const BOOL = 16;
/** int8, int2, int4, oid, float4, float8. Not numeric: its digits are exact. */
const NUMBERS = new Set([20, 21, 23, 26, 700, 701]);

/** `type` is an OID. What JSON's numbers cannot hold stays text. */
export function toValue(text: string | null, type: number): Value {
  if (text === null) return null;
  if (type === BOOL) return text === "t";
  const number = Number(text);
  const isExact = Number.isFinite(number) && (type !== 20 || Number.isSafeInteger(number));
  return NUMBERS.has(type) && isExact ? number : text;
}

const decoder = new TextDecoder();

export function toTexts(row: readonly (Uint8Array | null)[]): (string | null)[] {
  return row.map((value) => value && decoder.decode(value));
}

/** Means the same whatever the server's setting of `standard_conforming_strings` is. */
export function toLiteral(text: string): string {
  return `E'${text.replace(/[\\']/g, "\\$&")}'`;
}
