// Which addresses of strangers are refused: a table of ways around the guard, and every notation of
// an IPv4 address that a URL takes.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isHostRule, judgeAddress } from "../../src/lib/address.ts";

const WEB = ["https:", "http:"];
const POSTGRES = ["postgresql:", "postgres:"];

const judge = (address: string, allowedHosts: string[] = []) =>
  judgeAddress(address, { protocols: WEB, allowedHosts });
const judgeDatabase = (address: string, allowedHosts: string[] = []) =>
  judgeAddress(address, { protocols: POSTGRES, allowedHosts });

const GUARDED = /not public.*ALLOWED_HOSTS/;
const PLAINLY = /one host/;
const NO_HOST = /no host/;
const NO_ADDRESS = /not an address/;

/** Hosts, by what they are. */
const PRIVATE_HOSTS: Record<string, string> = {
  loopback: "127.0.0.1 127.0.0.1:8080 127.255.255.254 [::1] [::1]:80 [0:0::0:1]",
  private: "10.0.0.0 10.255.255.255 172.16.0.1 172.31.255.255 192.168.0.0 192.168.255.255",
  "link-local": "169.254.0.1 169.254.255.255 [fe80::1] [febf::1]",
  CGNAT: "100.64.0.0 100.127.255.255",
  multicast: "224.0.0.1 239.255.255.255 [ff02::1] [ff0e::1]",
  "unspecified and broadcast": "0.0.0.0 0 0.1.2.3 255.255.255.255 [::]",
  reserved: "240.0.0.1 192.0.0.1 192.88.99.1 [100::1] [5f00::1] [4000::1]",
  documentation: "192.0.2.1 198.51.100.1 203.0.113.1 [2001:db8::1] [3fff::1] [3fff:fff::1]",
  benchmarks: "198.18.0.1 198.19.255.255 [2001:2::1]",
  "unique local": "[fc00::1] [fd12:3456::1]",
  "site-local": "[fec0::1] [feff::1]",
  mapped: "[::ffff:127.0.0.1] [::ffff:7f00:1] [::FFFF:10.0.0.1] [0:0:0:0:0:ffff:a00:1]",
  "IPv4 inside IPv6": "[::127.0.0.1] [64:ff9b::10.0.0.1] [64:ff9b:1::a00:1] [::ffff:0:127.0.0.1]",
  "6to4 and Teredo": "[2002:7f00:1::] [2002:a00:1::1] [2001:0:a00:1::1] [2001::1]",
  "public, inside IPv6": "[::ffff:8.8.8.8] [64:ff9b::8.8.8.8] [2002:808:808::]",
  metadata: "169.254.169.254 169.254.170.2 [fd00:ec2::254] [fd20:ce::254] 2852039166 0xa9fea9fe",
  "metadata of other clouds": "100.100.100.200 192.0.0.192 168.63.129.16",
  "metadata by name":
    "metadata.google.internal METADATA.google.internal metadata.goog metadata instance-data " +
    "metadata.packet.net metadata.platformequinix.com",
  "one number": "2130706433 017700000001 0x7f000001 0x",
  "short forms": "0x7f.1 127.1 127.0.1 10.1 192.168.257",
  "other bases": "0177.0.0.1 0x7f.0x0.0x0.0x1 127.0x0.0.01 00000177.0.0.1 0X7F.0.0.1 0300.0250.1.1",
  "wide letters": "１２７.0.0.1 127。0。0。1 127．0．0．1 127｡0｡0｡1 ①②⑦.⓪.⓪.① ｌｏｃａｌｈｏｓｔ",
  "letters that fold": "ⓛocalhost local\u00adhost LOCALHOST localho\u017ft foo。internal 0ⅹ7f.1",
  "percent-encoded": "%31%32%37.0.0.1 127%2e0%2e0%2e1 %6cocalhost local%68ost a%2einternal",
  "both encoded and wide": "%EF%BC%91%EF%BC%92%EF%BC%97.0.0.1 127%E3%80%820.0.1",
  "names of this machine":
    "localhost localhost:3000 a.localhost a.b.LocalHost localhost.localdomain",
  "names of its network":
    "printer.local kubernetes.default.svc db.svc.cluster.local vault.internal " +
    "host.docker.internal router.home.arpa wiki.corp nas.lan box.home a.intranet a.private",
  "single labels": "db redis a xn--bcher-kva internal local lan intranet",
  "trailing dots": "127.0.0.1. 10.0.0.1. localhost. localhost.. example.com. a.internal. db.",
  "names that lead where one likes":
    "127.0.0.1.nip.io nip.io 7f000001.nip.io 8.8.8.8.nip.io foo.10.0.0.1.nip.io " +
    "10-0-0-1.sslip.io --1.sslip.io 127.0.0.1.xip.io 7f000001.c0a80001.rbndr.us a.1u.ms a.xip.io " +
    "a.backname.io a.local-ip.co a.local-ip.sh a.traefik.me",
  "names that lead to this machine":
    "localtest.me a.localtest.me lvh.me a.b.lvh.me vcap.me lacolhost.com localho.st localdev.me " +
    "fuf.me",
  "names that spell an address":
    "127.0.0.1.example.com a.192.168.1.1.example.com 127-0-0-1.example.com " +
    "app-10-0-0-1.example.com 10-0-0-1-8080.example.com 9-10-0-0-1.example.com " +
    "1.1.127.0.0.1.example.com host10-0-0-1.de 10.0-0.1.example.com 169-254-169-254.example.com",
  "no names": "a,b.example.com a..example.com .example.com a!b.example.com",
  "names that are too long": `${"a.".repeat(130)}example.com ${"a".repeat(1e6)}.example.com`,
};

test.for(
  Object.entries(PRIVATE_HOSTS).flatMap(([kind, hosts]) =>
    hosts.split(" ").map((host): [string, string] => [`${kind}: ${host.slice(0, 50)}`, host]),
  ),
)("refused, with the setting that would lift it: %s", ([, host]) => {
  for (const address of [`http://${host}/x`, `https://${host}`, `HTTP://${host}?a=b#c`]) {
    expect([address, judge(address)]).toEqual([address, expect.stringMatching(GUARDED)]);
  }
});

test.for<[why: string, address: string, said: RegExp]>([
  ["nothing", "", NO_ADDRESS],
  ["a word", "example.com", NO_ADDRESS],
  ["a path", "/etc/passwd", NO_ADDRESS],
  ["relative to a scheme", "//example.com/x", NO_ADDRESS],
  ["no host", "http://", NO_ADDRESS],
  ["a space in the host", "http://exa mple.com/", NO_ADDRESS],
  ["a port that is none", "http://example.com:99999/", NO_ADDRESS],
  ["a number that is no address", "http://256.256.256.256/", NO_ADDRESS],
  ["a zone", "http://[fe80::1%25eth0]/", NO_ADDRESS],
  ["an encoded at sign", "http://example.com%4010.0.0.1/", NO_ADDRESS],
  ["an encoded slash", "http://example.com%2F.internal/", NO_ADDRESS],
  ["a backslash", "http://example.com\\@10.0.0.1/", NO_ADDRESS],
  ["backslashes for slashes", "http:\\\\example.com/", NO_ADDRESS],
  ["a tab", "http://exam\tple.com/", NO_ADDRESS],
  ["a line feed", "https://example.com/\nx", NO_ADDRESS],
  ["a file", "file:///etc/passwd", /must begin with https:\/\/ or http:\/\//],
  ["a script", "javascript:alert(1)", /must begin/],
  ["data", "data:text/plain,hello", /must begin/],
  ["gopher", "gopher://127.0.0.1:6379/_x", /must begin/],
  ["ftp", "ftp://example.com/", /must begin/],
  ["a socket", "ws://example.com/", /must begin/],
  ["a database", "postgres://example.com/", /must begin/],
  ["a blob", "blob:https://example.com/1", /must begin/],
  ["a URL in a URL", "url:http://example.com", /must begin/],
  ["a user", "https://me@example.com/", /user name or a password/],
  ["a password", "https://:pw@example.com/", /user name or a password/],
  ["what looks like a host", "https://example.com@10.0.0.1/", /user name or a password/],
  ["two at signs", "http://a@10.0.0.1@example.com/", /user name or a password/],
  ["no slashes", "http:127.0.0.1", GUARDED],
  ["many slashes", "http://///127.0.0.1/", GUARDED],
  ["space around it", "  http://127.0.0.1/ ", GUARDED],
  ["an empty user", "http://@127.0.0.1/", GUARDED],
])("refused: %s", ([, address, said]) => {
  expect(judge(address)).toMatch(said);
  if (said !== GUARDED) expect(judge(address, ["10.0.0.1", "example.com"])).toMatch(said);
});

test.for(
  (
    "https://example.com http://example.com:8080/x?url=http://127.0.0.1/#localhost " +
    "https://1.1.1.1/ https://api.example.co.uk/10.0.0.1/localhost https://EXAMPLE.com/ " +
    "http://8.8.8.8:53/ http://134744072/ http://0x8.8.8.8/ http://１.１.１.１/ " +
    "https://[2606:4700:4700::1111]/ https://[2001:200::1] https://[2a00:1450::1]:8443/x " +
    "https://[3ffe::1]/ https://[2001:db7::1]/ https://[3fff:1000::1]/ http://9.255.255.255 " +
    "http://11.0.0.0 http://100.63.255.255 http://100.128.0.0 http://126.255.255.255 " +
    "http://128.0.0.0 http://169.253.255.255 http://169.255.0.0 http://172.15.255.255 " +
    "http://172.32.0.0 http://192.167.255.255 http://192.169.0.0 http://192.0.1.0 " +
    "http://192.0.3.0 http://198.17.255.255 http://198.20.0.0 http://198.51.101.0 " +
    "http://203.0.112.255 http://223.255.255.255 http://1.0.0.0 https://b\u00fccher.example/ " +
    "https://xn--bcher-kva.example/ https://ex%61mple.com/ https://notlocalhost.com " +
    "https://mylvh.me https://internal.example https://a_b.de https://localhost.example.com " +
    "https://nip.io.example.com https://local.example.com https://8-8-8-8.example.com " +
    "https://v1-2-3.example.com https://10-0-0.example.com https://10-0-0-256.example.com " +
    "https://110-0-0-1.de https://10-0-0-1234.de https://a1.b2.c3.d4.example.com " +
    "https://mcp.example"
  ).split(" "),
)("good: %s", (address) => {
  expect(judge(address)).toBeUndefined();
});

describe("a host that is listed is let through, in its own form only:", () => {
  test.for<[listed: string, good: string, refused: string]>([
    [
      "localhost",
      "http://localhost/ http://localhost:8080/ http://LocalHost/",
      "http://localhost./ http://a.localhost/ http://127.0.0.1/",
    ],
    ["LOCALHOST", "https://localhost/", ""],
    ["localhost:8080", "http://localhost:8080/", "http://localhost:8081/ http://localhost/"],
    ["localhost:80", "http://localhost/", "https://localhost/"],
    ["localhost:443", "https://localhost/", ""],
    ["127.0.0.1", "http://2130706433/", "http://127.0.0.2/"],
    ["[::1]", "http://[0:0::1]/", ""],
    ["[::1]:8080", "http://[::1]:8080/", "http://[::1]/"],
    [
      "*.corp",
      "http://wiki.corp/ http://a.wiki.corp:8080/",
      "http://corp/ http://wikicorp/ http://corp.local/",
    ],
    ["*.CORP", "http://wiki.corp/", ""],
    ["*.corp:8080", "http://wiki.corp:8080/", "http://wiki.corp/"],
    ["nip.io", "", "http://127.0.0.1.nip.io/"],
    ["", "", "http://localhost/"],
    ["*", "", "http://localhost/"],
  ])("%j lets through %s, and not %s", ([listed, good, refused]) => {
    const allowed = ["other.example", listed];
    for (const address of good.split(" ").filter(Boolean)) {
      expect([address, judge(address, allowed)]).toEqual([address, undefined]);
    }
    for (const address of refused.split(" ").filter(Boolean)) {
      expect([address, judge(address, allowed)]).toEqual([address, expect.stringMatching(GUARDED)]);
    }
  });

  test("nothing but the host is: not what it is spoken to in, nor who speaks", () => {
    expect(judge("ftp://localhost/", ["localhost"])).toMatch(/must begin/);
    expect(judge("http://me:pw@localhost/", ["localhost"])).toMatch(/password/);
  });
});

test.for<[isRule: boolean, rules: string]>([
  [true, "localhost LOCALHOST localhost:8080 10.0.0.1 10.0.0.1:1 [::1] [::1]:80"],
  [true, "*.example.com *.corp:8080 a_b.corp xn--bcher-kva.corp"],
  [false, "* *. a*.corp *.* http://localhost localhost/ a\tb me@localhost localhost: localhost:x"],
  [false, "127.1 0x7f.0.0.1 [0:0::1] ::1 b\u00fccher.corp"],
])("what can be listed is a host as URLs have it: %s: %s", ([isRule, rules]) => {
  for (const rule of rules.split(" ")) expect([rule, isHostRule(rule)]).toEqual([rule, isRule]);
  expect(isHostRule("")).toBe(false);
});

describe("a database", () => {
  test.for([
    "postgres://db.example.com/x",
    "postgresql://me:secret@db.example.com:6543/x?sslmode=require&application_name=a",
    "postgres://me:p%40ss%2Cw@db.example.com/x",
    "postgres://me:a,b@db.example.com/x",
    "postgres://8.8.8.8/x",
    "postgres://me@[2606:4700::1111]:5432/x",
  ])("is named with user and password: %s", (address) => {
    expect(judgeDatabase(address)).toBeUndefined();
  });

  test.for(
    (
      "localhost 127.0.0.1 10.0.0.1:5432 [::1] db db.internal me:pw@localhost me@169.254.169.254 " +
      "10-0-0-1.nip.io db.example.com. [fd00::1] 0.0.0.0 a.example,b.example"
    ).split(" "),
  )("is refused inside: %s", (host) => {
    expect(judgeDatabase(`postgres://${host}/x`)).toMatch(GUARDED);
    expect(judgeDatabase(`postgresql://${host}`)).toMatch(GUARDED);
  });

  test.for<[why: string, address: string, said: RegExp]>([
    ["no host: the driver would take its own", "postgres:///x", NO_HOST],
    ["a socket", "postgres://%2Fvar%2Frun%2Fpostgresql/x", NO_HOST],
    ["a scheme alone", "postgres:db.example.com", NO_HOST],
    ["words and values", "host=db.example.com dbname=x", NO_ADDRESS],
    ["another dialect", "mysql://db.example.com/x", /must begin/],
    ["a file", "sqlite:///etc/passwd", /must begin/],
    ["the web", "https://db.example.com/", /must begin with postgresql:\/\/ or postgres:\/\//],
    ["several hosts", "postgres://db.example.com,10.0.0.1/x", NO_HOST],
    ["several hosts with ports", "postgres://a.example:1,localhost:2/x", NO_ADDRESS],
    ["several hosts, encoded", "postgres://db.example.com%2C10.0.0.1/x", NO_HOST],
    ["names, encoded", "postgres://db.example.com%2Cdb.internal/x", PLAINLY],
    ["a host in the password", "postgres://u:p@10.0.0.1,x@db.example.com/x", PLAINLY],
    ["a host behind the fragment", "postgres://db.example.com#@10.0.0.1,x/", PLAINLY],
    ["a host among the parameters", "postgres://db.example.com/x?host=10.0.0.1", PLAINLY],
    ["its address", "postgres://db.example.com/x?sslmode=require&hostaddr=10.0.0.1", PLAINLY],
    ["the same, encoded", "postgres://db.example.com/x?%68ost=10.0.0.1", PLAINLY],
    ["the same in capitals", "postgres://db.example.com/x?HOST=10.0.0.1", PLAINLY],
    ["a port among them", "postgres://db.example.com/x?port=22", PLAINLY],
    ["a port with zeros", "postgres://db.example.com:05432/x", PLAINLY],
    ["a file of services", "postgres://db.example.com/x?servicefile=/x", PLAINLY],
    ["a service", "postgres://db.example.com/x?service=inside", PLAINLY],
    ["a number in hexadecimal", "postgres://0x7f.1/x", PLAINLY],
    ["a number", "postgres://2130706433/x", PLAINLY],
    ["a short one", "postgres://127.1/x", PLAINLY],
    ["a letter percent-encoded", "postgres://%6cocalhost/x", PLAINLY],
    ["wide digits", "postgres://１２７.0.0.1/x", PLAINLY],
    ["a backslash", "postgres://db.example.com\\@10.0.0.1/x", NO_ADDRESS],
  ])("is refused: %s", ([, address, said]) => {
    expect(judgeDatabase(address)).toMatch(said);
  });

  test("that is listed is let through, on its own port or another", () => {
    expect(judgeDatabase("postgres://me:pw@localhost:5433/x", ["localhost"])).toBeUndefined();
    expect(judgeDatabase("postgres://me:pw@localhost/x", ["localhost:5432"])).toBeUndefined();
    expect(judgeDatabase("postgres://localhost:22/x", ["localhost:5432"])).toMatch(GUARDED);
    expect(judgeDatabase("postgres://localhost/x?host=10.0.0.1", ["localhost"])).toMatch(PLAINLY);
    expect(judgeDatabase("postgres://localhost:5432/x?port=22", ["localhost:5432"])).toMatch(
      PLAINLY,
    );
  });
});

test("where a redirect leads is judged like the first address", () => {
  const from = "https://example.com/a";
  for (const [location, said] of [
    ["/b", undefined],
    ["//example.org/b", undefined],
    ["//127.0.0.1/b", expect.stringMatching(GUARDED)],
    ["http://[::1]/", expect.stringMatching(GUARDED)],
    ["file:///etc/passwd", expect.stringMatching(/must begin/)],
  ] as const) {
    expect([location, judge(new URL(location, from).href)]).toEqual([location, said]);
  }
});

test("a refusal repeats nothing of the address", () => {
  const secret = "hunter2";
  for (const address of [
    secret,
    `${secret}://${secret}`,
    `http://${secret}/${secret}`,
    `http://${secret}:${secret}@example.com/`,
    `http://${secret}.internal/?${secret}`,
  ]) {
    expect(judge(address)).toMatch(/\w/);
    expect(judge(address)).not.toContain(secret);
    expect(judgeDatabase(address)).not.toContain(secret);
  }
  expect(judgeDatabase(`postgres://me:${secret}@10.0.0.1/${secret}`)).not.toContain(secret);
});

describe("every notation of an IPv4 address that a URL takes", () => {
  /** Told by octets, and not from the table of the guard. */
  function isInside([a = 0, b = 0, c = 0, d = 0]: number[]): boolean {
    const reserved = a === 192 && b === 0 && (c === 0 || c === 2);
    const documented = (a === 198 && b === 51 && c === 100) || (a === 203 && b === 0 && c === 113);
    const local = (a === 172 && b >= 16 && b <= 31) || (a === 192 && b === 168);
    const shared = (a === 100 && b >= 64 && b <= 127) || (a === 198 && (b === 18 || b === 19));
    const anycast = (a === 192 && b === 88 && c === 99) || (a === 168 && b === 63 && c === 129);
    const special = reserved || documented || local || shared || (a === 169 && b === 254);
    return [0, 10, 127].includes(a) || a >= 224 || special || (anycast && (a !== 168 || d === 16));
  }

  const octets = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255));
  /** At the edges of ranges, where chance alone would hardly lead. */
  const starts =
    "10 127 0 224 255 169.254 192.168 100.64 100.127 198.18 172.16 172.31 172.32 203.0.113 " +
    "192.0.0 192.0.2 192.88.99 168.63.129.16";
  const near = fc.constantFrom(...starts.split(" ").map((start) => start.split(".").map(Number)));
  const address = fc
    .tuple(octets, fc.option(near, { freq: 1 }))
    .map(([random, start]) => [...(start ?? []), ...random].slice(0, 4));

  const digits = (wide: boolean) => (text: string) =>
    wide ? text.replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))) : text;
  const notation = fc.record({
    /** How many parts; the last one holds the rest. */
    parts: fc.integer({ min: 1, max: 4 }),
    radix: fc.array(fc.constantFrom(8, 10, 16), { minLength: 4, maxLength: 4 }),
    zeros: fc.nat(12),
    capital: fc.boolean(),
    wide: fc.boolean(),
    dot: fc.constantFrom(".", "。", "．", "｡", "%2e", "%E3%80%82"),
    encoded: fc.boolean(),
    trailing: fc.boolean(),
    port: fc.constantFrom("", ":8080"),
  });

  function write(address: number[], as: typeof notation extends fc.Arbitrary<infer N> ? N : never) {
    const rest = address.slice(as.parts - 1).reduce((sum, octet) => sum * 256 + octet, 0);
    const numbers = [...address.slice(0, as.parts - 1), rest].map((number, at) => {
      const radix = as.radix[at] ?? 10;
      const prefix = radix === 10 ? "" : `0${radix === 16 ? "x" : ""}${"0".repeat(as.zeros)}`;
      const text = digits(as.wide)(prefix + number.toString(radix));
      return as.capital ? text.toUpperCase() : text;
    });
    const [first = "", ...others] = numbers.join(as.dot);
    const start = as.encoded ? [...new TextEncoder().encode(first)].map(toPercent).join("") : first;
    return `${start}${others.join("")}${as.trailing ? "." : ""}${as.port}`;
  }
  const toPercent = (byte: number) => `%${byte.toString(16).padStart(2, "0")}`;

  test("is refused inside and let through outside", () => {
    const seen = { inside: 0, outside: 0 };
    fc.assert(
      fc.property(address, notation, (address, as) => {
        const url = `http://${write(address, as)}/x`;
        expect([url, URL.parse(url)?.hostname]).toEqual([url, address.join(".")]);
        const said = isInside(address) ? expect.stringMatching(GUARDED) : undefined;
        expect([url, judge(url)]).toEqual([url, said]);
        seen[isInside(address) ? "inside" : "outside"] += 1;
      }),
      { numRuns: 3_000 },
    );
    expect(Math.min(seen.inside, seen.outside)).toBeGreaterThan(300);
  });

  test("is refused inside IPv6, and inside is refused within a name", () => {
    fc.assert(
      fc.property(address, fc.constantFrom("a-", "", "x.1-"), (address, before) => {
        const [a = 0, b = 0, c = 0, d = 0] = address;
        const hex = `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
        const dotted = address.join(".");
        for (const prefix of ["::ffff:", "::", "64:ff9b::", "::ffff:0:", "64:ff9b:1::"]) {
          expect(judge(`http://[${prefix}${dotted}]/`)).toMatch(GUARDED);
          expect(judge(`http://[${prefix}${hex}]/`)).toMatch(GUARDED);
        }
        expect(judge(`http://[2002:${hex}::1]/`)).toMatch(GUARDED);
        expect(judge(`http://[2001:0:${hex}::1]/`)).toMatch(GUARDED);
        if (!isInside(address)) return;
        for (const name of [dotted, address.join("-")]) {
          expect(judge(`http://${before}${name}.example.com/`)).toMatch(GUARDED);
          expect(judge(`http://${name}-b.example.com/`)).toMatch(GUARDED);
        }
      }),
      { numRuns: 500 },
    );
  });
});

test("whatever the text, there is an answer", () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: "binary" }), fc.webUrl({ withFragments: true }), fc.ipV6()),
      fc.constantFrom("", "http://", "postgres://", "https://[", "http://a@"),
      (text, before) => {
        for (const said of [judge(before + text), judgeDatabase(before + text)]) {
          if (said !== undefined) expect(said).toMatch(/^[\w .,;:/]+$/);
        }
      },
    ),
    { numRuns: 2_000 },
  );
});
