// Bodies before anybody looks at their fields: what is no JSON, says that it is not, or is too much.

import { describe, expect, test } from "vitest";
import { ended, prompt, send, start, uniqueId } from "../support/client.ts";
import { bare, JSON_TYPE, json, KEY, placesOf, refusal } from "../support/http.ts";

const ASYNC = "/v1/messages/async";
const ROUTES = [ASYNC, "/v1/messages", "/v1/messages/validate"];
const GOOD = JSON.stringify(prompt("simulated-1@0"));
const MIB = 1024 ** 2;

/** A good body of so many bytes. */
function ofBytes(bytes: number): string {
  const { model, messages } = prompt("simulated-1@0", "");
  const empty = JSON.stringify({ model, messages: [{ ...messages[0], content: "" }] });
  return empty.replace('"content":""', `"content":"${"x".repeat(bytes - empty.length)}"`);
}

/** The same bytes, of which nobody knows how many there are. */
function unmeasured(text: string): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  let sent = 0;
  return new ReadableStream({
    pull(controller) {
      if (sent >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(sent, sent + MIB));
      sent += MIB;
    },
  });
}

describe.each(ROUTES)("POST %s", (path) => {
  test.for<[string, string]>([
    ["nothing", ""],
    ["space", " \n"],
    ["no JSON", "hello"],
    ["half of it", GOOD.slice(0, -1)],
    ["more than it", `${GOOD}${GOOD}`],
    ["JavaScript", "{messages: []}"],
    ["a comma too many", '{"messages": [],}'],
    ["a number that JSON has not", '{"messages": NaN}'],
    ["a form", "messages=hello"],
  ])("422 at body for what is not JSON: %s", async ([, body]) => {
    const response = await bare("POST", path, { headers: { ...KEY, ...JSON_TYPE }, body });
    const refused = await refusal(response, 422, "invalid_request_error");
    expect(placesOf(refused)).toEqual(["body"]);
  });

  test.for<[string, number[]]>([
    ["a byte that begins nothing", [0xff]],
    ["half a character", [0xe2, 0x82]],
    ["half a pair", [0xed, 0xa0, 0x80]],
    ["a character in more bytes than it takes", [0xc0, 0xaf]],
    ["Latin-1", [0xe9]],
  ])("422 at body for what is not UTF-8: %s", async ([, bytes]) => {
    const [before = "", after = ""] = GOOD.split("rivers");
    const body = new Blob([before, new Uint8Array(bytes), after]);
    const response = await bare("POST", path, { headers: { ...KEY, ...JSON_TYPE }, body });
    const refused = await refusal(response, 422, "invalid_request_error");
    expect(placesOf(refused)).toEqual(["body"]);
  });

  test("422 at body where there is none", async () => {
    const response = await bare("POST", path, { headers: { ...KEY, ...JSON_TYPE } });
    expect(placesOf(await refusal(response, 422, "invalid_request_error"))).toEqual(["body"]);
  });

  test("422 at the content type that is absent", async () => {
    const body = new TextEncoder().encode(GOOD);
    const response = await bare("POST", path, { headers: KEY, body });
    const refused = await refusal(response, 422, "invalid_request_error");
    expect(placesOf(refused)).toEqual(["header.content-type"]);
  });

  test.for([
    "text/plain",
    "text/plain; charset=application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/jsonp",
    "application/octet-stream",
    "json",
  ])("422 at the content type %s", async (type) => {
    const headers = { ...KEY, "content-type": type };
    const response = await bare("POST", path, { headers, body: GOOD });
    const refused = await refusal(response, 422, "invalid_request_error");
    expect(placesOf(refused)).toEqual(["header.content-type"]);
  });

  test.for([
    "application/json",
    "application/json; charset=utf-8",
    "application/json;charset=UTF-8",
    "application/json ; charset=utf-8",
    "Application/JSON",
    "application/vnd.example+json",
  ])("takes the content type %s", async (type) => {
    const headers = { ...KEY, "content-type": type };
    const response = await bare("POST", path, { headers, body: GOOD });
    expect([response.status, await response.text()]).toEqual([200, expect.any(String)]);
  });

  test.for<[string, (text: string) => BodyInit]>([
    ["says so", (text) => text],
    ["does not say so", unmeasured],
  ])("413 for 33 MiB, where the caller %s", async ([, toBody]) => {
    const init = { headers: { ...KEY, ...JSON_TYPE }, body: toBody(ofBytes(33 * MIB)) };
    const refused = await refusal(await bare("POST", path, init), 413, "request_too_large");
    expect(refused.detail).toContain("32 MiB");
  });

  test("413 begins with the first byte over 32 MiB, not before", async () => {
    const headers = { ...KEY, ...JSON_TYPE };
    for (const [bytes, status] of [
      [32 * MIB, 200],
      [32 * MIB + 1, 413],
    ] as const) {
      const response = await bare("POST", path, { headers, body: unmeasured(ofBytes(bytes)) });
      expect([bytes, response.status]).toEqual([bytes, status]);
      await response.text();
    }
  });

  test.for([129, 10_000, 1_000_000])("422 for %i levels, with the way down", async (levels) => {
    const deep = `${"[".repeat(levels - 2)}${"]".repeat(levels - 2)}`;
    const body = GOOD.replace("{", `{"metadata":{"deep":${deep}},`);
    const response = await bare("POST", path, { headers: { ...KEY, ...JSON_TYPE }, body });
    if (path.endsWith("validate")) {
      expect(await response.json()).toMatchObject({ valid: false });
      return;
    }
    const [place] = placesOf(await refusal(response, 422, "invalid_request_error"));
    expect(place).toMatch(/^body\.metadata\.deep(\.0){126}$/);
  });
});

test("a body of 32 MiB runs, and is the same message when it is sent again", async () => {
  const id = uniqueId();
  const body = ofBytes(32 * MIB);
  const headers = { ...KEY, ...JSON_TYPE };
  for (const message of ["Message started.", "Message was started before."]) {
    const response = await bare("POST", `${ASYNC}?message_id=${id}`, { headers, body });
    expect(await response.json()).toMatchObject({ message_id: id, message });
  }
  expect((await ended(id)).status).toBe("completed");
});

test("128 levels are taken", async () => {
  const deep = JSON.parse(`${"[".repeat(126)}${"]".repeat(126)}`);
  expect((await start({ ...prompt("simulated-1@0"), metadata: { deep } })).code).toBe(200);
});

test("a mark at the start that says UTF-8 is no fault", async () => {
  const init = { headers: { ...KEY, ...JSON_TYPE }, body: `\ufeff${GOOD}` };
  expect((await bare("POST", ASYNC, init)).status).toBe(200);
});

test("a body cannot make an object of a class", async () => {
  const body = '{"__proto__": {"messages": [{"role": "user", "content": "hi"}]}}';
  const response = await bare("POST", ASYNC, { headers: { ...KEY, ...JSON_TYPE }, body });
  expect(placesOf(await refusal(response, 422, "invalid_request_error"))).toEqual([
    "body.messages",
  ]);
});

test("the faults of a refused body are not more than anybody reads", async () => {
  const messages = Array(50_000).fill({ role: "robot" });
  const response = await send("POST", ASYNC, json({ messages }));
  expect(placesOf(await refusal(response, 422, "invalid_request_error")).length).toBeLessThan(
    2_000,
  );
});
