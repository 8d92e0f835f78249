// Whether an address that a stranger gave may be reached from here: judged by what is written, as
// URLs are read everywhere. No name is looked up, so one that leads inside under an honest face is
// for the network to stop. Nothing is fetched: where a redirect leads has to be judged like the
// first, and what is reached is the URL that was judged, never the text for another parser.

export interface AddressRules {
  /** As `URL.protocol` has them: `https:`. */
  protocols: readonly string[];
  /** Reached whatever they are: `host`, `host:port`, or `*.example.com` for all below that name. */
  allowedHosts: readonly string[];
}

const WEB = new Set(["http:", "https:"]);

const DEFAULT_PORTS: Record<string, string> = {
  "http:": "80",
  "https:": "443",
  "postgres:": "5432",
  "postgresql:": "5432",
};

/** What a URL drops, or takes for a slash; not every parser does. */
const MISREAD = /[\\\t\n\r]/;

/** Parameters by which a database's address names another host than it seems to. */
const REROUTING = new Set(["host", "hostaddr", "port", "service", "servicefile"]);

/** https://www.iana.org/assignments/iana-ipv4-special-registry, multicast, and Azure's own host. */
const PRIVATE_IPV4 = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "168.63.129.16/32",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
].map((range) => {
  const [network = "", bits] = range.split("/");
  return { network: toNumber(network.split(".")), size: 2 ** (32 - Number(bits)) };
});

/**
 * Names that never are public, and public ones below which any name leads where its caller likes
 * or to the machine itself, or which clouds keep for what their machines may know.
 */
const PRIVATE_NAMES = (
  "localhost local localdomain internal intranet private corp home lan home.arpa svc " +
  "nip.io sslip.io xip.io backname.io local-ip.co local-ip.sh traefik.me rbndr.us 1u.ms " +
  "localtest.me lvh.me vcap.me fuf.me localdev.me lacolhost.com localho.st " +
  "metadata.goog metadata.packet.net metadata.platformequinix.com"
).split(" ");

/** Characters of a name (https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4). */
const MAX_NAME_LENGTH = 253;

/** Two labels at least: where a single one leads is for the resolver's own settings to say. */
const NAME = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)+$/;

/** Each place in a name where four numbers stand together, in a longer row of them too. */
const FOUR_NUMBERS = /(?<!\d)(?=(\d{1,3})[.-](\d{1,3})[.-](\d{1,3})[.-](\d{1,3})(?!\d))/g;

/**
 * Why `address` is refused, as a sentence that repeats nothing of it, because it may be long or
 * secret; undefined for a good one.
 */
export function judgeAddress(
  address: string,
  { protocols, allowedHosts }: AddressRules,
): string | undefined {
  const url = URL.parse(address);
  if (!url || MISREAD.test(address)) return "is not an address";
  if (!protocols.includes(url.protocol)) {
    return `must begin with ${protocols.map((protocol) => `${protocol}//`).join(" or ")}`;
  }
  const isWeb = WEB.has(url.protocol);
  if (isWeb && (url.username !== "" || url.password !== "")) {
    return "must not hold a user name or a password";
  }
  const host = canonicalHost(url.hostname);
  if (host === undefined) return "names no host";
  if (!isWeb && !isUnmistakable(address, url, host)) {
    return "must name one host, as plainly as it can be named, and no other among its parameters";
  }
  if (isAllowed(host, url, allowedHosts) || isPublic(host)) return undefined;
  return "names a host that is not public; the setting ALLOWED_HOSTS lists those let through";
}

/** Whether `rule` is one of those in `allowedHosts` that can ever fit. */
export function isHostRule(rule: string): boolean {
  const [, host] = /^(?:\*\.)?([\w.-]+|\[[\da-f:]+\])(?::\d{1,5})?$/i.exec(rule) ?? [];
  return host !== undefined && canonicalHost(host) === host.toLowerCase();
}

/** What `fetch` makes of a host: only of the web's does a URL read numbers in every notation. */
function canonicalHost(text: string): string | undefined {
  return URL.parse(`http://${text}/`)?.hostname;
}

/**
 * Whether everybody who reads the address of a database reads the same one host: drivers have
 * parsers of their own, which differ in what they decode, where a password ends and what
 * parameters can do.
 */
function isUnmistakable(address: string, url: URL, host: string): boolean {
  const [, authority = ""] = /^\w+:\/\/([^/?#]*)/.exec(address) ?? [];
  const [named, ...rest] = authority.split("@").reverse();
  const parameters = [...url.searchParams.keys()].map((name) => name.toLowerCase());
  return (
    rest.length < 2 &&
    named === url.host &&
    host === url.hostname.toLowerCase() &&
    url.hash === "" &&
    !parameters.some((name) => REROUTING.has(name))
  );
}

function isAllowed(
  host: string,
  { port, protocol }: URL,
  allowedHosts: readonly string[],
): boolean {
  const withPort = `${host}:${port || DEFAULT_PORTS[protocol]}`;
  return allowedHosts.some((listed) => {
    const rule = listed.toLowerCase();
    if (!rule.startsWith("*.")) return rule === host || rule === withPort;
    return host.endsWith(rule.slice(1)) || withPort.endsWith(rule.slice(1));
  });
}

function isPublic(host: string): boolean {
  if (host.startsWith("[")) return isPublicIpv6(host.slice(1, -1));
  if (/^[\d.]+$/.test(host)) return isPublicIpv4(host.split(".")); // a URL has no other of digits
  if (host.length > MAX_NAME_LENGTH || !NAME.test(host)) return false;
  if (PRIVATE_NAMES.some((name) => host === name || host.endsWith(`.${name}`))) return false;
  return Array.from(host.matchAll(FOUR_NUMBERS), ([, ...parts]) => parts).every(isPublicIpv4);
}

/** True also for four numbers that are no address: nothing answers there. */
function isPublicIpv4(parts: string[]): boolean {
  if (parts.some((part) => Number(part) > 255)) return true;
  const address = toNumber(parts);
  return !PRIVATE_IPV4.some(({ network, size }) => address >= network && address < network + size);
}

/**
 * Whether an address is one of those given out on the Internet, 2000::/3
 * (https://www.iana.org/assignments/ipv6-address-space). All that carry an IPv4 address inside are
 * refused, whichever it is: mapped and NAT64 lie outside, Teredo and 6to4 do not.
 */
function isPublicIpv6(address: string): boolean {
  const [first = 0, second = 0] = address
    .split(":")
    .map((group) => Number.parseInt(group || "0", 16));
  if (first < 0x2000 || first > 0x3fff) return false;
  // Teredo and what else the protocols keep; documentation.
  if (first === 0x2001 && (second < 0x0200 || second === 0x0db8)) return false;
  return first !== 0x2002 && !(first === 0x3fff && second < 0x1000); // 6to4; documentation
}

function toNumber(parts: string[]): number {
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0);
}
