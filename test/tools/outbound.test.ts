// Fetching for strangers, from a site that does everything a site can do wrong.

import { describe, expect, inject, test } from "vitest";
import { judgeAddress } from "../../src/lib/address.ts";
import {
  createOutbound,
  type OutboundRules,
  type Refusal,
  toSentence,
  type Visit,
} from "../../src/tools/outbound.ts";
import { ENDLESS, type Page, publish, publishText, uniqueName, visitsTo } from "../support/site.ts";

const site = inject("site");
const { host } = new URL(site);

const MAX_BYTES = 256 * 1024;
const RULES: OutboundRules = {
  judge: (address) =>
    judgeAddress(address, { protocols: ["https:", "http:"], allowedHosts: [host] }),
  maxBytes: MAX_BYTES,
  timeoutMs: 10_000,
};
/** For pages that take for ever. */
const SHORT = 300;

function visit(address: string, rules: Partial<OutboundRules> = {}, more: Partial<Visit> = {}) {
  const signal = new AbortController().signal;
  return createOutbound({ ...RULES, ...rules })(address, { accept: "*/*", signal, ...more });
}

/** What is said of a page that cannot be had. */
async function refusalOf(address: string, rules: Partial<OutboundRules> = {}): Promise<Refusal> {
  const reply = await visit(address, rules);
  if (reply.ok) throw new Error(`fetched ${reply.fetched.bytes.byteLength} bytes`);
  expect(toSentence(reply.refusal)).toMatch(/^[A-Z].{10,}\.$/);
  expect(toSentence(reply.refusal)).not.toContain(address);
  return reply.refusal;
}

async function fetchedFrom(address: string, rules?: Partial<OutboundRules>) {
  const reply = await visit(address, rules);
  if (!reply.ok) throw new Error(JSON.stringify(reply.refusal));
  return reply.fetched;
}

const textOf = ({ bytes }: { bytes: Uint8Array }) => new TextDecoder().decode(bytes);
const redirect = (location: string, status = 302): Promise<string> =>
  publish(site, { status, headers: { location } });
const bytesOf = (text: string) => new TextEncoder().encode(text);

function gzip(bytes: Uint8Array): Promise<Uint8Array> {
  const squeezed = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Response(squeezed).bytes();
}

/** A page of compressed bytes. */
function compressed(encoding: string, bytes: Uint8Array, times = 1): Page {
  const send = btoa(String.fromCharCode(...bytes));
  return {
    headers: { "content-encoding": encoding },
    pieces: [{ send, encoding: "base64", times }],
  };
}

test("a page comes with its type and its address, and nothing of ours goes there", async () => {
  const url = await publishText(site, "<p>Grüße", "text/html; charset=utf-8");
  const fetched = await fetchedFrom(url);
  expect([fetched.url, fetched.contentType, textOf(fetched)]).toEqual([
    url,
    "text/html; charset=utf-8",
    "<p>Grüße",
  ]);
  const [{ headers } = { headers: {} }] = await visitsTo(url);
  expect(headers).toMatchObject({
    accept: "*/*",
    "user-agent": expect.stringMatching(/^async-messages\//),
  });
  for (const name of ["cookie", "authorization", "referer", "origin"]) {
    expect(headers).not.toHaveProperty(name);
  }
});

test("cookies that a site sets are not sent back", async () => {
  const target = await publishText(site, "there");
  const url = await publish(site, {
    status: 302,
    headers: { location: target, "set-cookie": "a=b; Path=/" },
  });
  await fetchedFrom(url);
  expect((await visitsTo(target))[0]?.headers).not.toHaveProperty("cookie");
});

describe("redirects", () => {
  test.for([301, 302, 303, 307, 308])("%i is followed", async (status) => {
    const target = await publishText(site, "there");
    const fetched = await fetchedFrom(await redirect(target, status));
    expect([fetched.url, textOf(fetched)]).toEqual([target, "there"]);
  });

  test("one that is relative is followed", async () => {
    const target = await publishText(site, "there");
    const fetched = await fetchedFrom(await redirect(new URL(target).pathname));
    expect(fetched.url).toBe(target);
  });

  test("five are followed, a sixth is not", async () => {
    let url = await publishText(site, "there");
    for (let count = 0; count < 5; count += 1) url = await redirect(url);
    expect(textOf(await fetchedFrom(url))).toBe("there");
    expect(await refusalOf(await redirect(url))).toEqual({ reason: "too_many_redirects" });
  });

  test("a loop ends", async () => {
    const name = uniqueName();
    const url = await publish(site, { status: 302, headers: { location: name } }, name);
    expect(await refusalOf(url)).toEqual({ reason: "too_many_redirects" });
    expect(await visitsTo(url)).toHaveLength(6);
  });

  test.for([
    "http://10.0.0.1/",
    "http://169.254.169.254/latest/meta-data",
    "http://localhost:1/",
    "http://[::1]/",
    "file:///etc/passwd",
    "data:text/html,hello",
    "javascript:1",
    "http://user:password@example.com/",
    "//192.168.0.1/",
  ])("one to %s is refused, and nobody goes there", async (location) => {
    const refusal = await refusalOf(await redirect(location));
    expect(refusal).toMatchObject({ reason: "forbidden", isRedirect: true });
  });

  test.for<Record<string, string>>([{}, { location: "http://[" }])(
    "one without a target is an answer like any other: %j",
    async (headers) => {
      const url = await publish(site, { status: 302, headers });
      expect(await refusalOf(url)).toEqual({ reason: "status", status: 302 });
    },
  );

  test("the caller's own judge is asked at every hop", async () => {
    const target = await publishText(site, "there");
    const url = await redirect(target);
    const asked: string[] = [];
    const judge = (address: string) => {
      asked.push(address);
      return address === target ? "is not wanted" : undefined;
    };
    const reply = await visit(url, {}, { judge });
    expect(reply).toMatchObject({ refusal: { reason: "forbidden", why: "is not wanted" } });
    expect([asked, await visitsTo(target)]).toEqual([[url, target], []]);
  });
});

test.for<[string, Refusal["reason"]]>([
  ["http://127.0.0.1:1/", "forbidden"],
  ["http://internal/", "forbidden"],
  ["ftp://example.com/", "forbidden"],
  ["no address", "forbidden"],
  ["", "forbidden"],
])("%j is refused: %s", async ([address, reason]) => {
  const reply = await visit(address);
  expect(reply).toMatchObject({ ok: false, refusal: { reason, isRedirect: false } });
});

test("a server that is not there", async () => {
  const rules = { judge: () => undefined };
  expect(await refusalOf("http://127.0.0.1:1/", rules)).toEqual({ reason: "unreachable" });
  expect(await refusalOf("http://nowhere.invalid/", rules)).toEqual({ reason: "unreachable" });
});

test.for([204, 205, 304, 400, 404, 429, 500, 503])("status %i", async (status) => {
  const url = await publish(site, { status });
  if (status < 300) expect((await fetchedFrom(url)).bytes.byteLength).toBe(0);
  else expect(await refusalOf(url)).toEqual({ reason: "status", status });
});

describe("sizes", () => {
  test("exactly as much as is allowed is read, one byte more is not", async () => {
    const page = (times: number) =>
      publish(site, { pieces: [{ send: "x".repeat(1024), times: times - 1 }, { send: "y" }] });
    const url = await page(MAX_BYTES / 1024 + 1);
    expect((await fetchedFrom(url, { maxBytes: MAX_BYTES + 1 })).bytes.at(-1)).toBe(0x79);
    expect(await refusalOf(url)).toEqual({ reason: "too_large", maxBytes: MAX_BYTES });
  });

  test.for<[string, Page]>([
    ["an endless body", { pieces: [{ send: "x".repeat(64 * 1024), times: ENDLESS }] }],
    [
      "an endless body behind an honest length",
      {
        headers: { "content-length": `${1e12}` },
        pieces: [{ send: "x".repeat(64 * 1024), times: ENDLESS }],
      },
    ],
  ])("%s is left at the limit", async ([, page]) => {
    const url = await publish(site, page);
    expect((await refusalOf(url)).reason).toBe("too_large");
    expect((await visitsTo(url)).map(({ end }) => end)).toEqual(["left"]);
  });

  test("a bomb is left at the limit", async () => {
    const bytes = await gzip(new Uint8Array(16 * 1024 ** 2));
    expect(bytes.byteLength).toBeLessThan(MAX_BYTES / 10);
    const url = await publish(site, compressed("gzip", bytes, ENDLESS));
    expect((await refusalOf(url)).reason).toBe("too_large");
    expect((await visitsTo(url)).map(({ end }) => end)).toEqual(["left"]);
  });
});

describe("encodings", () => {
  test("gzip is undone", async () => {
    const url = await publish(site, compressed("gzip", await gzip(bytesOf("squeezed"))));
    expect(textOf(await fetchedFrom(url))).toBe("squeezed");
  });

  test("gzip that is none is a broken answer", async () => {
    const url = await publish(site, compressed("gzip", bytesOf("not gzip at all")));
    expect(await refusalOf(url)).toEqual({ reason: "broken" });
  });

  test.for(["zstd", "compress", "gzip, gzip", "x-unknown"])("%s is refused", async (encoding) => {
    const url = await publish(site, compressed(encoding, bytesOf("squeezed")));
    expect(await refusalOf(url)).toEqual({ reason: "encoding" });
  });
});

describe("time", () => {
  test.for<[string, Page]>([
    ["a server that says nothing", { isRaw: true, pieces: [{ hang: true }] }],
    [
      "headers without end",
      {
        isRaw: true,
        pieces: [
          { send: "HTTP/1.1 200 OK\r\n" },
          { send: "x-more: y\r\n", times: 3 },
          { hang: true },
        ],
      },
    ],
    ["a body that stops", { pieces: [{ send: "x" }, { hang: true }] }],
  ])("%s is left", async ([, page]) => {
    const url = await publish(site, page);
    expect(await refusalOf(url, { timeoutMs: SHORT })).toEqual({
      reason: "too_slow",
      seconds: SHORT / 1000,
    });
    expect((await visitsTo(url)).map(({ end }) => end)).toEqual(["left"]);
  });

  test("headers of any length end, one way or the other", async () => {
    const url = await publish(site, {
      isRaw: true,
      pieces: [{ send: "HTTP/1.1 200 OK\r\n" }, { send: "x-more: y\r\n", times: ENDLESS }],
    });
    const { reason } = await refusalOf(url, { timeoutMs: 2_000 });
    expect(reason).toMatch(/unreachable|too_slow/);
  });

  test("who gives up ends the request, with its own reason", async () => {
    const url = await publish(site, { pieces: [{ send: "x" }, { hang: true }] });
    const controller = new AbortController();
    const visiting = visit(url, {}, { signal: controller.signal });
    const reason = new Error("no longer wanted");
    controller.abort(reason);
    await expect(visiting).rejects.toBe(reason);
    await expect(visit(url, {}, { signal: controller.signal })).rejects.toBe(reason);
  });
});

test("a connection that breaks", async () => {
  const page = await publish(site, {
    headers: { "content-length": "100" },
    pieces: [{ send: "half" }, { cut: true }],
  });
  expect(await refusalOf(page)).toEqual({ reason: "broken" });
  const answer = await publish(site, { isRaw: true, pieces: [{ send: "SSH-2.0-server\r\n" }] });
  expect(await refusalOf(answer)).toEqual({ reason: "unreachable" });
});
