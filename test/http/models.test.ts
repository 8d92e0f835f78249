// GET /v1/models: the configured names, page by page, and each by itself.

import { describe, expect, test } from "vitest";
import { bare, KEY, placesOf, refusal, under } from "../support/http.ts";

const simulated = { provider: "simulated" };
const NAMES = ["a", "b", "org/c", "d:e-1.5", "default", "f g", "zé"];
const MODELS = {
  ...Object.fromEntries(NAMES.map((name) => [name, simulated])),
  "prefix-*": simulated,
  "org/*": [simulated, simulated],
  "*-no-pattern": simulated,
};
const LISTED = [...NAMES, "*-no-pattern"];

interface Page {
  data: { type: string; id: string; display_name: string; created_at: string }[];
  first_id: string | null;
  last_id: string | null;
  has_more: boolean;
}

function get(path: string, models: unknown = MODELS): Promise<Response> {
  return under({ MODELS: models }, "GET", path, { headers: KEY });
}

async function page(query: string, models?: unknown): Promise<Page> {
  const response = await get(`/v1/models${query}`, models);
  expect(response.status).toBe(200);
  return response.json();
}

const idsOf = ({ data }: Page): string[] => data.map(({ id }) => id);

describe("the list", () => {
  test("has every name in the order of the settings, patterns excepted", async () => {
    const told = await page("");
    expect(idsOf(told)).toEqual(LISTED);
    expect(told).toMatchObject({ first_id: "a", last_id: "*-no-pattern", has_more: false });
  });

  test("has models in Anthropic's shape", async () => {
    for (const model of (await page("")).data) {
      const { id } = model;
      expect(model).toEqual({
        type: "model",
        id,
        display_name: id,
        created_at: expect.any(String),
      });
      expect(new Date(model.created_at).toISOString()).toBe("1970-01-01T00:00:00.000Z");
    }
  });

  test("may be empty", async () => {
    const empty = { data: [], first_id: null, last_id: null, has_more: false };
    expect(await page("", {})).toEqual(empty);
    expect(await page("", { "all-*": simulated })).toEqual(empty);
  });

  test("of the deployment itself names what its settings name", async () => {
    const response = await bare("GET", "/v1/models", { headers: KEY });
    const ids = idsOf(await response.json());
    expect(ids).toEqual(["default", "simulated", "script-anthropic", "script-openai", "fallback"]);
  });

  test.for<[query: string, ids: string[], has_more: boolean]>([
    ["?limit=3", ["a", "b", "org/c"], true],
    ["?limit=1", ["a"], true],
    ["?limit=8", LISTED, false],
    ["?limit=1000", LISTED, false],
    ["?after_id=a&limit=2", ["b", "org/c"], true],
    ["?after_id=org%2Fc", LISTED.slice(3), false],
    ["?after_id=f%20g&limit=2", LISTED.slice(6), false],
    ["?after_id=*-no-pattern", [], false],
    ["?before_id=default&limit=2", ["org/c", "d:e-1.5"], true],
    ["?before_id=org/c&limit=2", ["a", "b"], false],
    ["?before_id=b", ["a"], false],
    ["?before_id=a", [], false],
    ["?after_id=a&before_id=default", ["b", "org/c", "d:e-1.5"], false],
    ["?unheard_of=1&limit=1", ["a"], true],
  ])("pages: %s", async ([query, ids, has_more]) => {
    const told = await page(query);
    expect(idsOf(told)).toEqual(ids);
    const [first_id, last_id] = [ids[0] ?? null, ids.at(-1) ?? null];
    expect(told).toMatchObject({ first_id, last_id, has_more });
  });

  test("page by page, either way, is the whole list, each name once", async () => {
    for (const [cursor, start] of [
      ["after_id", "last_id"],
      ["before_id", "first_id"],
    ] as const) {
      const seen: string[][] = [];
      let query = cursor === "after_id" ? "?limit=3" : "?limit=3&before_id=*-no-pattern";
      for (;;) {
        const told = await page(query);
        seen.push(idsOf(told));
        if (!told.has_more) break;
        query = `?limit=3&${cursor}=${encodeURIComponent(told[start] ?? "")}`;
      }
      const all = cursor === "after_id" ? seen.flat() : seen.reverse().flat();
      expect(all).toEqual(cursor === "after_id" ? LISTED : LISTED.slice(0, -1));
    }
  });

  test("has twenty on a page unless asked", async () => {
    const many = Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`m${n}`, simulated]));
    const told = await page("", many);
    expect([told.data.length, told.has_more]).toEqual([20, true]);
  });

  test.for(["0", "-1", "1001", "1.5", "x", "", "Infinity", "NaN"])(
    "422 with the place for a limit of %j",
    async (limit) => {
      const response = await get(`/v1/models?limit=${limit}`);
      const refused = await refusal(response, 422, "invalid_request_error");
      expect(placesOf(refused)).toEqual(["query.limit"]);
    },
  );
});

describe("one by its name", () => {
  test.for<[path: string, id: string]>([
    ["a", "a"],
    ["org/c", "org/c"],
    ["org%2Fc", "org/c"],
    ["d:e-1.5", "d:e-1.5"],
    ["f%20g", "f g"],
    ["z%C3%A9", "zé"],
    ["prefix-", "prefix-"],
    ["prefix-and-more@0", "prefix-and-more@0"],
    ["org/of/any/depth", "org/of/any/depth"],
    ["*-no-pattern", "*-no-pattern"],
  ])("%s is %s", async ([path, id]) => {
    const response = await get(`/v1/models/${path}`);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ type: "model", id, display_name: id });
  });

  test.for<[path: string, name: string]>([
    ["c", "c"],
    ["A", "A"],
    ["prefix", "prefix"],
    ["a/b", "a/b"],
    ["a/", "a/"],
    ["x-no-pattern", "x-no-pattern"],
    ["__proto__", "__proto__"],
    ["constructor", "constructor"],
    ["toString", "toString"],
    ["nobody%0A", "nobody\n"],
  ])("404 that names it: %s", async ([path, name]) => {
    const response = await get(`/v1/models/${path}`);
    const { detail } = await refusal(response, 404, "not_found_error");
    expect(detail).toContain(name);
  });

  test("each that is listed is found", async () => {
    for (const id of LISTED) {
      expect((await get(`/v1/models/${encodeURIComponent(id)}`)).status).toBe(200);
    }
  });
});
