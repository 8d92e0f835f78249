// Names that SQL takes for what somebody called their columns and tables. Pure.

/** Characters of a name; what is longer is no name but a sentence. */
const MAX_LENGTH = 60;

/** Kept by SQLite and by the platform. */
const RESERVED = /^(?:sqlite_|_cf_)/i;

/**
 * A name for each of `given`: letters, digits and `_`, no digit first, no two alike to SQL. What has
 * none is called by `kind` and its number.
 */
export function toNames(given: readonly string[], kind: string): string[] {
  const taken = new Set<string>();
  return given.map((text, at) => {
    const base = toName(text, kind) || `${kind}_${at + 1}`;
    let name = base;
    for (let count = 2; taken.has(fold(name)); count += 1) name = `${base}_${count}`;
    taken.add(fold(name));
    return name;
  });
}

function toName(text: string, kind: string): string {
  const words = text.normalize("NFC").match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
  const name = Array.from(words.join("_")).slice(0, MAX_LENGTH).join("");
  return /^\p{N}/u.test(name) || RESERVED.test(name) ? `${kind}_${name}` : name;
}

/** SQLite takes letters of ASCII for the same in both cases, and no others. */
function fold(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** As it is written in a statement: any name at all can stand in quotes. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
