// Rules for where a tool may go, as the Messages API writes them: `example.com` stands for what is
// below it too, `example.com/blog` for the paths below that, one `*` for anything in a path.
// https://docs.claude.com/en/docs/agents-and-tools/tool-use/web-fetch-tool

const RULE = /^(?<host>[\w-]+(?:\.[\w-]+)*(?::\d{1,5})?)(?<path>\/[^\s*?#]*(?:\*[^\s*?#]*)?)?$/;

export function isDomainRule(rule: string): boolean {
  return RULE.test(rule);
}

/** False for a rule that is none. */
export function fitsDomainRule({ hostname, host, pathname }: URL, rule: string): boolean {
  const { host: named = "", path = "" } = RULE.exec(rule)?.groups ?? {};
  // The dot at the end of a name is for the resolver.
  const asked = (named.includes(":") ? host : hostname).replace(/\.(?=:|$)/, "");
  const domain = named.toLowerCase();
  if (domain === "" || (asked !== domain && !asked.endsWith(`.${domain}`))) return false;
  const [before = "", after] = spell(path).split("*");
  const there = spell(pathname);
  if (after !== undefined) {
    return there.startsWith(before) && there.slice(before.length).includes(after);
  }
  const folder = before.replace(/\/$/, "");
  return there === folder || there.startsWith(`${folder}/`);
}

/** A path in the one spelling of all that lead to the same: https://www.rfc-editor.org/rfc/rfc3986#section-6.2.2 */
function spell(path: string): string {
  const encoded = path.replace(/[^ -~]+/g, (text) => encodeURIComponent(text.toWellFormed()));
  return encoded.replace(/%[\da-f]{2}/gi, (code) => {
    const character = String.fromCharCode(Number.parseInt(code.slice(1), 16));
    return /[\w.~-]/.test(character) ? character : code.toUpperCase();
  });
}
