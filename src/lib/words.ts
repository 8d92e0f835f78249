// Filler prose from a seed: a small generator of numbers, and sentences made with it. The same
// seed always tells the same story. Words are runs of anything but white space.

const ARTICLES = "the a one every this another".split(" ");
const ADJECTIVES =
  "quiet small bright hollow gentle distant patient silver curious steady warm narrow".split(" ");
const NOUNS = (
  "river lantern harbour garden window letter bridge signal pavilion mountain clock sparrow " +
  "notebook station meadow compass kettle lighthouse ferry library staircase valley"
).split(" ");
const VERBS =
  "carries follows remembers crosses answers gathers watches repairs counts finds keeps".split(" ");
const PLACES = "beyond near under beside behind above past towards".split(" ");
const LINKS = "while because before after until whenever although and".split(" ");

const SENTENCES_PER_PARAGRAPH = 6;
const QUOTED_WORDS = 12;
const QUOTED_CHARACTERS = 100;

/** Numbers in [0, 1), the same ones for the same seed (mulberry32, by Tommy Ettinger). */
function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A 32-bit seed for `text` (FNV-1a over UTF-16 units). */
export function toSeed(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return hash >>> 0;
}

/** A sentence of at most `limit` (at least one) words, capital first, full stop last. */
function makeSentence(random: () => number, limit: number): string[] {
  const pick = (list: string[]): string => list[Math.floor(random() * list.length)] ?? "";
  const thing = (): string[] =>
    random() < 0.6
      ? [pick(ARTICLES), pick(ADJECTIVES), pick(NOUNS)]
      : [pick(ARTICLES), pick(NOUNS)];

  const words = [...thing(), pick(VERBS), ...thing()];
  if (random() < 0.5) words.push(pick(PLACES), ...thing());
  if (random() < 0.3) words.push(pick(LINKS), ...thing(), pick(VERBS), ...thing());
  words.length = Math.min(words.length, limit);

  const [first = "", ...rest] = words;
  const sentence = [first.charAt(0).toUpperCase() + first.slice(1), ...rest];
  sentence.push(`${sentence.pop()}.`);
  return sentence;
}

/** `length` words: those of `lead`, then sentences. */
export function makeProse(lead: string[], length: number, seed: number): string {
  const random = createRandom(seed);
  let prose = lead.slice(0, length).join(" ");
  let sentences = 1;
  for (let count = lead.length; count < length; sentences += 1) {
    const words = makeSentence(random, length - count);
    prose += (sentences % SENTENCES_PER_PARAGRAPH === 0 ? "\n\n" : " ") + words.join(" ");
    count += words.length;
  }
  return prose;
}

/** The beginning of `text`, in quotation marks and on one line. */
export function quoteBeginning(text: string): string {
  const trimmed = text.trim();
  const beginning = trimmed.slice(0, QUOTED_WORDS * QUOTED_CHARACTERS).toWellFormed();
  const words = beginning.split(/\s+/);
  const characters = Array.from(words.slice(0, QUOTED_WORDS).join(" ")).slice(0, QUOTED_CHARACTERS);
  const shown = characters.join("");
  const isWhole = shown === words.join(" ") && beginning.length === trimmed.length;
  return isWhole ? `“${shown}”` : `“${shown.trimEnd()}…”`;
}

/** How many words `text` has. */
export function countWords(text: string): number {
  let count = 0;
  for (const _ of text.matchAll(/\S+/g)) count += 1;
  return count;
}
