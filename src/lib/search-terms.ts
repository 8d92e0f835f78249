// Text as a full-text index takes it, and a question in anyone's words as a query that never is a
// syntax error: for SQLite's FTS5 with its porter tokenizer, https://sqlite.org/fts5.html.

import { commonForm } from "./word-forms.ts";

/** Words of a question that are looked for. */
const MAX_WORDS = 32;

/** Characters of a question that are read. */
const MAX_QUESTION_LENGTH = 2_000;

/** Say nothing of what is asked for. */
const STOP_WORDS = new Set(
  (
    "a about above after again all also am an and any are as at be been before being below between " +
    "both but by can could did do does doing during each else ever every few for from further get " +
    "gets getting give gives had has have having he her here hers him his how i if in into is it its " +
    "just know let many may me might more most much must my no nor not of off on once only or other " +
    "our out over own please s same shall she should show so some such t tell than that the their " +
    "them then there these they this those through to too under up us very was we were what when " +
    "where whether which while who whom whose why will with would you your"
  ).split(" "),
);

const WORD = /[\p{L}\p{M}\p{N}]+/gu;
/** Scripts without spaces between words: every character is taken for one. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]\p{M}*/gu;
// Each only from the start of a word on: from everywhere in it, a long one would take for ever.
const HYPHENATED = /(?<!\p{L})\p{L}+(?:[-\u2010\u2011]\p{L}+)+/gu;
const LETTERS = /(?<!\p{L})\p{L}+/gu;
const INNER_CAPITAL = /(?<=\p{Ll})\p{Lu}/gu;
const GROUPED_DIGITS = /(?<!\d)\d{1,3}(?:[,.'\u2009\u202f\u00a0]\d{3})+(?!\d)/g;

export interface Terms {
  /** For the tokenizer's own stemming. */
  words: string;
  /** What the forms of its words have in common; the tokenizer leaves these alone. */
  forms: string;
}

export function toTerms(text: string): Terms {
  const words = spell(text);
  const telling = wordsOf(words).filter((word) => !STOP_WORDS.has(word));
  return { words, forms: toForms(telling).join(" ") };
}

/** Undefined where a question has no words at all. */
export function toQuery(question: string): string | undefined {
  const spelled = spell(question.slice(0, MAX_QUESTION_LENGTH));
  const all = wordsOf(spelled);
  const telling = all.filter((word) => !STOP_WORDS.has(word));
  const words = [...new Set(telling.length > 0 ? telling : all)].slice(0, MAX_WORDS);
  if (words.length === 0) return undefined;
  const single = words.filter((word) => !isUnspaced(word));
  const terms = [...single, ...new Set(toForms(single)), ...pairsOf(all)];
  return (terms.length > 0 ? terms : words).map((term) => `"${term}"`).join(" OR ");
}

/** Neighbouring characters, which say more than one. */
function pairsOf(words: string[]): string[] {
  const pairs = words.slice(1).flatMap((word, at) => {
    const before = words[at] ?? "";
    return isUnspaced(before) && isUnspaced(word) ? `${before} ${word}` : [];
  });
  return [...new Set(pairs)].slice(0, MAX_WORDS);
}

/** A word in one spelling: `e-mail` is `email` too, `maxRetries` max and retries, `1,000` 1000. */
function spell(text: string): string {
  const plain = text.normalize("NFKC");
  const joined = plain.match(HYPHENATED)?.map((word) => word.replace(/[^\p{L}]/gu, "")) ?? [];
  const parted = plain.match(LETTERS)?.flatMap((word) => {
    const words = word.replace(INNER_CAPITAL, " $&");
    return words === word ? [] : words;
  });
  const spaced = plain
    .replace(GROUPED_DIGITS, (digits) => digits.replace(/\D/g, ""))
    .replace(UNSPACED, " $& ");
  return [spaced, ...joined, ...(parted ?? [])].join(" ");
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(WORD) ?? [];
}

function isUnspaced(word: string): boolean {
  return word.search(UNSPACED) === 0;
}

/** A stemmer finds no ending before a digit. Letters and numbers have one form. */
function toForms(words: string[]): string[] {
  return words.flatMap((word) => (/^.$|\d/u.test(word) ? [] : `${commonForm(word)}0`));
}
