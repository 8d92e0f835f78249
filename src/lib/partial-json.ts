// Reading JSON that stops in the middle, as tool input does while it streams or after it was cut.

const WHITESPACE = new Set([" ", "\t", "\n", "\r"]);
/** What may follow a finished number or literal; until then more of it may come. */
const DELIMITERS = new Set([",", "]", "}", ...WHITESPACE]);

/**
 * The value that a prefix of a JSON text has named so far: what is not finished (a string, a
 * number, a key without its value) is left out, what is open is closed. Undefined when nothing is
 * there yet, and when the text up to there is not the beginning of JSON.
 */
export function parsePartialJson(text: string): unknown {
  const closed = closeJson(text);
  if (closed === undefined) return undefined;
  try {
    return JSON.parse(closed);
  } catch {
    return undefined;
  }
}

/** `text` up to the last place where it can be closed, with the brackets that lack there. */
function closeJson(text: string): string | undefined {
  const open: ("}" | "]")[] = [];
  /** Where that place is. No bracket comes after it, so `open` is what lacks there. */
  let safe = 0;
  let expectsKey = false;
  let at = 0;

  while (at < text.length) {
    const char = text[at] as string;
    if (WHITESPACE.has(char)) {
      at += 1;
    } else if (char === "{" || char === "[") {
      open.push(char === "{" ? "}" : "]");
      expectsKey = char === "{";
      at += 1;
      safe = at;
    } else if (char === "}" || char === "]") {
      if (open.pop() !== char) return undefined;
      expectsKey = false;
      at += 1;
      safe = at;
    } else if (char === ",") {
      expectsKey = open.at(-1) === "}";
      at += 1;
    } else if (char === ":") {
      expectsKey = false;
      at += 1;
    } else {
      const end = char === '"' ? endOfString(text, at) : endOfWord(text, at);
      if (end === undefined) break;
      at = end;
      if (!expectsKey) safe = at;
    }
  }
  return safe === 0 ? undefined : text.slice(0, safe) + open.reverse().join("");
}

/** The index after the closing quote of the string begun at `start`; undefined if it is cut. */
function endOfString(text: string, start: number): number | undefined {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === '"') return at + 1;
  }
  return undefined;
}

/** The index after a number or literal; undefined if the text ends before it surely has. */
function endOfWord(text: string, start: number): number | undefined {
  for (let at = start; at < text.length; at += 1) {
    if (DELIMITERS.has(text[at] as string)) return at;
  }
  const word = text.slice(start);
  return word === "true" || word === "false" || word === "null" ? text.length : undefined;
}
