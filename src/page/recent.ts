// What the browser keeps: messages started here, for good; a key, and when events came, as long as
// the tab is there. A browser that keeps nothing is no reason to fail.

export interface Recent {
  messageId: string;
  prompt: string;
  model: string;
  startedAt: number;
}

const MAX_RECENT = 50;
/** In UTF-16 units. What the prompt was, is told by its beginning. */
const MAX_PROMPT_LENGTH = 2_000;

const RECENT = "recent";
const KEY = "api-key";

/** Newest first. */
export function listRecent(): Recent[] {
  const kept = read(() => localStorage, RECENT);
  return Array.isArray(kept) ? kept : [];
}

export function remember(entry: Recent): void {
  const prompt = entry.prompt.slice(0, MAX_PROMPT_LENGTH);
  const others = listRecent().filter(({ messageId }) => messageId !== entry.messageId);
  write(() => localStorage, RECENT, [{ ...entry, prompt }, ...others].slice(0, MAX_RECENT));
}

/** All of them, unless one is named. */
export function forget(messageId?: string): void {
  const left = listRecent().filter((entry) => messageId && entry.messageId !== messageId);
  write(() => localStorage, RECENT, left);
}

export function keptKey(): string | undefined {
  const kept = read(() => sessionStorage, KEY);
  return typeof kept === "string" && kept !== "" ? kept : undefined;
}

export function keepKey(key: string): void {
  write(() => sessionStorage, KEY, key);
}

/** When each event came, by its id, in Unix time. */
export function keptTimes(messageId: string): [id: number, at: number][] {
  const kept = read(() => sessionStorage, `times:${messageId}`);
  return Array.isArray(kept) ? kept : [];
}

export function keepTimes(messageId: string, times: [id: number, at: number][]): void {
  write(() => sessionStorage, `times:${messageId}`, times);
}

function read(storage: () => Storage, name: string): unknown {
  try {
    return JSON.parse(storage().getItem(name) ?? "null");
  } catch {
    return null;
  }
}

function write(storage: () => Storage, name: string, value: unknown): void {
  try {
    storage().setItem(name, JSON.stringify(value));
  } catch {
    // Full, or forbidden.
  }
}
