// One SQL statement that asks for rows, read the way PostgreSQL and SQLite both read it. What they
// would read differently is refused, so that nothing hides in the difference. This is a lexer: what
// a statement does is for the database to say.

export interface SqlStatement {
  text: string;
  /** Every word outside of strings, keywords and names alike; unquoted ones in lower case. */
  words: ReadonlySet<string>;
  /** Every other character outside of strings, names and comments. */
  symbols: ReadonlySet<string>;
}

export type ParsedSql = { ok: true; statement: SqlStatement } | { ok: false; fault: string };

/** In UTF-16 units. SQLite takes 100 KB in a Durable Object. */
const MAX_LENGTH = 30_000;

/** What a statement that asks for rows can begin with. */
const OPENINGS = new Set(["select", "with", "values", "table"]);

/** Beyond ASCII every character is a letter to both, spaces among them. */
const TOKEN = new RegExp(
  [
    /(?<space>[ \t\n\f\v]+|--[^\n]*|\/\*(?:(?!\/\*|\*\/).)*\*\/)/, // PostgreSQL nests comments
    /(?<string>'(?:[^'\\]|''|\\(?!'))*'(?!'))/, // in some strings of PostgreSQL, \' does not end them
    /(?<unicode>[uU]&")/,
    /"(?<quoted>(?:[^"]|"")+)"(?!")/,
    /(?<word>[a-zA-Z_\u0080-\uffff][\w$\u0080-\uffff]*)/,
    /(?<open>\/\*|['"])/,
    /(?<foreign>[$`\\])/, // $ quotes in PostgreSQL, ` in SQLite
    /(?<symbol>.)/,
  ]
    .map(({ source }) => source)
    .join("|"),
  "gsy",
);

/** `text` if it is one statement that asks for rows; otherwise what is wrong with it. */
export function parseSql(text: string): ParsedSql {
  if (text.length > MAX_LENGTH) return refuse(`it is longer than ${MAX_LENGTH} characters`);
  if (text.includes("\0")) return refuse("it holds a NUL character");
  const normal = text.replace(/\r\n?/g, "\n"); // a lone one ends a comment in PostgreSQL alone
  const words = new Set<string>();
  const symbols = new Set<string>();
  let first: string | undefined;
  let end: number | undefined;
  for (const { groups = {}, index } of normal.matchAll(TOKEN)) {
    if (groups.space !== undefined) continue;
    const fault = faultOf(groups);
    if (fault !== undefined) return refuse(fault);
    if (end !== undefined) return refuse("only one statement can be run at a time");
    const { symbol } = groups;
    if (symbol === ";") end = index;
    if (symbol !== undefined) symbols.add(symbol);
    const word = groups.word?.toLowerCase() ?? groups.quoted?.replaceAll('""', '"');
    if (word !== undefined) words.add(word);
    if (symbol !== "(") first ??= groups.word?.toLowerCase() ?? "";
  }
  if (!OPENINGS.has(first ?? "")) return refuse("it must begin with SELECT, WITH, VALUES or TABLE");
  return { ok: true, statement: { text: normal.slice(0, end), words, symbols } };
}

function faultOf({ open, foreign, unicode }: Record<string, string | undefined>) {
  if (open === "/*") return "a comment is not closed, or holds another one";
  if (open)
    return `what begins with ${open} is not closed; inside, write ${open}${open} for ${open}`;
  if (foreign) return `there can be no ${foreign} but in a string, and strings are written '…'`;
  if (unicode) return 'names are written plainly, not as U&"…"';
  return undefined;
}

function refuse(fault: string): ParsedSql {
  return { ok: false, fault };
}
