// Where messages are kept: hints out of the names of regions, and ids that carry a jurisdiction.
// Where the tests run there is no jurisdiction to be had: that one is asked for is seen from the refusal.

import { describe, expect, test } from "vitest";
import { toPlacement } from "../../src/http/placement.ts";
import { jurisdictionOf } from "../../src/message/jurisdiction.ts";
import { ended, prompt, start, uniqueId } from "../support/client.ts";
import "../support/console.ts";
import { json, KEY, placesOf, refusal, under } from "../support/http.ts";

const REGIONS: Record<string, string> = {
  wnam: "wnam us-west-1 us-west2 westus westus3 US-GOV-WEST-1 ca-west-1 westcentralus",
  enam:
    "enam us US usa us-east-1 us-central1 eastus2 southcentralus northcentralus us-south ca " +
    "canada-central ca-central-1 northamerica-northeast1 mx-central-1 north-america United_States",
  sam: "sam sa-east-1 southamerica-east1 brazilsouth South-America br chile latam",
  weur:
    "weur eu EU Europe eu-west-3 eu-central-1 eu-north-1 europe-west4 westeurope northeurope uksouth " +
    "UK gb de DE germanywestcentral francecentral swedencentral switzerlandnorth emea",
  eeur: "eeur eastern-europe europe-central2 poland pl UA romania tr",
  apac: "apac asia ap asia-south1 ap-south-1 centralindia in India",
  "apac-ne": "apac-ne ap-northeast-1 asia-east1 eastasia japaneast koreacentral jp cn-north-1 hk",
  "apac-se": "apac-se ap-southeast-1 asia-southeast1 southeastasia sg indonesia vn",
  oc: "oc au australia-southeast1 australiaeast ap-southeast-2 NZ newzealandnorth oceania",
  afr: "afr af-south-1 africa-south1 southafricanorth za Africa eg",
  me: "me me-central1 middle-east middle_east uaenorth il-central-1 qatarcentral sa saudi-arabia",
  nowhere: "global worldwide - 42 not_given east 北京 xx",
};

test.for(Object.entries(REGIONS))("near %s: %s", ([hint, regions]) => {
  for (const region of regions.split(" ")) {
    const placement = toPlacement(region.replaceAll("_", " "), []);
    expect([region, placement]).toEqual([
      region,
      hint === "nowhere" ? {} : { location_hint: hint },
    ]);
  }
});

test("the longest word counts", () => {
  expect(toPlacement("in Europe", [])).toEqual({ location_hint: "weur" });
  expect(toPlacement("as near to me as Japan is", [])).toEqual({ location_hint: "apac-ne" });
});

test.for<[geo: string | undefined, jurisdiction: string | undefined]>([
  ["eu", "eu"],
  ["EU", "eu"],
  ["fedramp-high", "fedramp-high"],
  ["europe", undefined],
  ["eu-west-1", undefined],
  ["us", undefined],
  ["fedramp", undefined],
  [undefined, undefined],
])("of eu and fedramp-high %s asks for %s", ([geo, jurisdiction]) => {
  expect(toPlacement(geo, ["eu", "fedramp-high"]).jurisdiction).toBe(jurisdiction);
});

test.for<[id: string, jurisdiction: string | undefined]>([
  ["eu:a", "eu"],
  ["eu:", "eu"],
  ["fedramp:a", "fedramp"],
  ["fedramp-high:a", "fedramp-high"],
  ["EU:a", undefined],
  ["eu", undefined],
  ["eua:", undefined],
  ["a:eu:", undefined],
  ["us:a", undefined],
])("of eu, fedramp and fedramp-high %s is in %s", ([id, jurisdiction]) => {
  expect(jurisdictionOf(id, ["eu", "fedramp", "fedramp-high"])).toBe(jurisdiction);
});

const ASYNC = "/v1/messages/async";

function begin(inference_geo: string | undefined, id: string | undefined, JURISDICTIONS: string) {
  const query = id === undefined ? "" : `?message_id=${id}`;
  const init = json({ ...prompt("simulated-1@0"), inference_geo });
  return under({ JURISDICTIONS }, "POST", ASYNC + query, init);
}

describe("with jurisdictions", () => {
  test.for<[geo: string | undefined, id: string | undefined, led: RegExp]>([
    ["eu", undefined, /^eu:msg_[0-9a-f]{32}$/],
    ["US", undefined, /^us:msg_[0-9a-f]{32}$/],
    ["eu", "eu:mine", /^eu:mine$/],
    ["europe", "eu:mine", /^eu:mine$/],
    [undefined, "us:mine", /^us:mine$/],
  ])("%s and %s lead there", async ([geo, id, led]) => {
    const response = await begin(geo, id, "eu, us");
    const refused = await refusal(response, 500, "api_error");
    expect(refused.error.message).toMatch(/^Setting JURISDICTIONS: /);
    expect(response.headers.get("message-id")).toMatch(led);
  });

  test.for(["mine", "us:mine", "EU:mine"])(
    "another id than one of there is refused: %s",
    async (id) => {
      const refused = await refusal(await begin("eu", id, "eu,us"), 422, "invalid_request_error");
      expect(placesOf(refused)).toEqual(["query.message_id"]);
      expect(refused.error.message).toContain("eu:");
    },
  );

  const working = (id: string, container: unknown) => {
    const init = json({ ...prompt("simulated-1@0"), container, tools: [{ type: "bash_v1" }] });
    return under({ JURISDICTIONS: "eu,us" }, "POST", `${ASYNC}?message_id=${id}`, init);
  };

  test.for(["box", "us:box", { id: "box" }])(
    "eu:mine has no container elsewhere: %j",
    async (id) => {
      const refused = await refusal(await working("eu:mine", id), 422, "invalid_request_error");
      expect(placesOf(refused)).toEqual(["body.container"]);
    },
  );

  test.for<[id: string, container: string | undefined, code: number]>([
    ["eu:mine", "eu:box", 500],
    ["eu:mine", undefined, 500],
    ["mine", "eu:box", 200],
  ])("%s may work in %s", async ([id, container, code]) => {
    const response = await working(id, container);
    expect([response.status, await response.text()]).toEqual([code, expect.anything()]);
  });

  test("a container is looked for there", async () => {
    const ask = (id: string) =>
      under({ JURISDICTIONS: "eu" }, "GET", `/v1/containers/${id}`, { headers: KEY });
    const refused = await refusal(await ask("eu:box"), 500, "api_error");
    expect(refused.error.message).toMatch(/^Setting JURISDICTIONS: /);
    await refusal(await ask("us:box"), 404, "not_found_error");
  });

  test("an id is looked for there, whatever is asked of it", async () => {
    const settings = { JURISDICTIONS: "eu" };
    const ask = (id: string, path: string) =>
      under(settings, "GET", `${ASYNC}/${id}${path}`, { headers: KEY });
    for (const path of ["", "/status", "/stream"]) {
      await refusal(await ask("eu:mine", path), 500, "api_error");
      await refusal(await ask("us:mine", path), 404, "not_found_error");
    }
  });

  test("what names none of them is where it would be without", async () => {
    const response = await begin("us", undefined, "eu");
    expect(await response.json()).toMatchObject({ message_id: expect.stringMatching(/^msg_/) });
  });
});

test.for<[geo: string | undefined, placement: unknown]>([
  ["eu", { location_hint: "weur" }],
  ["us-west-2", { location_hint: "wnam" }],
  ["global", null],
  [undefined, null],
])("without jurisdictions %s is a hint at most: %j", async ([inference_geo, placement]) => {
  const id = `eu:${uniqueId()}`;
  const { code } = await start({ ...prompt("simulated-1@0"), inference_geo }, { id });
  expect([code, (await ended(id)).metadata.placement]).toEqual([200, placement]);
});
