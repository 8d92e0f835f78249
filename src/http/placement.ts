// Where the object of a message is to be: near the region that the request names, and within a
// jurisdiction where one is asked for. Pure.
// https://developers.cloudflare.com/durable-objects/reference/data-location/

import type { Settings } from "../env.ts";
import type { Placement } from "../message/record.ts";

type Hint = DurableObjectLocationHint;
type Jurisdictions = Settings["JURISDICTIONS"];

/** Where a request is to be answered that says so in `inference_geo`. */
export function toPlacement(geo: string | undefined, jurisdictions: Jurisdictions): Placement {
  if (geo === undefined) return {};
  const name = geo.toLowerCase();
  const location_hint = toHint(name);
  // Named as such: a region that lies in one does not ask for its law.
  const jurisdiction = jurisdictions.find((one) => one === name);
  return { ...(location_hint && { location_hint }), ...(jurisdiction && { jurisdiction }) };
}

/** Words of regions and countries, and two-letter codes: of countries, or as clouds have them. */
const WORDS: Record<Exclude<Hint, "wnam" | "enam"> | "us" | "america" | "europe" | "asia", string> =
  {
    us: "us usa states ca canada mx mexico gl bm bs cu do gt hn jm ni pa pr sv tt",
    america: "america americas na",
    sam: "latin latam br brazil ar argentina cl chile co colombia bo ec gy pe py sr uy ve",
    europe: "eu europe eea",
    weur:
      "emea uk gb kingdom britain ie ireland fr france de germany nl netherlands be belgium lu ch " +
      "switzerland li at austria es spain pt portugal it italy mt se sweden no norway dk denmark is",
    eeur:
      "pl poland fi finland ee lv lt cz sk hu ro romania bg gr greece cy si hr rs ba mk al md ua " +
      "ukraine by ru tr turkey",
    asia: "ap asia apac",
    apac: "in india pk bd lk np bt mv kz uz",
    "apac-ne": "jp japan kr korea tw taiwan hk hongkong kong mo cn china mn",
    "apac-se":
      "sg singapore id indonesia my malaysia th thailand vn vietnam ph philippines kh la bn",
    oc: "oc oceania au australia nz zealand newzealand fj pg",
    afr: "af africa za ng nigeria ke kenya eg egypt ma morocco dz tn gh et tz ug rw sn ci cm ao mu",
    me: "me middle ae uae emirates sa saudi qa qatar il israel bh kw om jo lb iq ye",
  };

const AREAS = new Map(
  Object.entries(WORDS).flatMap(([area, words]) => words.split(" ").map((word) => [word, area])),
);

const HINTS = new Set<string>("wnam enam sam weur eeur apac apac-ne apac-se oc afr me".split(" "));

/** Regions that are not where their names say. */
const ELSEWHERE = new Map<string, Hint>([
  ["ap-southeast-2", "oc"], // Sydney, Melbourne, Auckland
  ["ap-southeast-4", "oc"],
  ["ap-southeast-6", "oc"],
  ["europe-central2", "eeur"], // Warsaw
]);

/** `us-east-1`, `europe-west4`, `southeastasia`, `DE`, `South America`, or a hint itself. */
function toHint(name: string): Hint | undefined {
  if (HINTS.has(name)) return name as Hint;
  const directions = new Set(name.match(/north|south|east|west/g));
  const words = name.split(/north|south|east|west|central|[^a-z]/).filter((word) => word !== "");
  // A longer word says more: "in Europe" is not India.
  const [word] = words.filter((one) => AREAS.has(one)).sort((a, b) => b.length - a.length);
  return ELSEWHERE.get(name) ?? (word === undefined ? undefined : within(word, directions));
}

function within(word: string, directions: ReadonlySet<string>): Hint {
  const area = AREAS.get(word) ?? "";
  const [north, south, east, west] = ["north", "south", "east", "west"].map((one) =>
    directions.has(one),
  );
  if (word === "sa" && east) return "sam"; // Amazon's South America, not Saudi Arabia
  switch (area) {
    case "america":
      if (south) return "sam";
      return west ? "wnam" : "enam";
    case "us":
      return west ? "wnam" : "enam";
    case "europe":
      return east ? "eeur" : "weur";
    case "asia":
      if (south && east) return "apac-se";
      return north || east ? "apac-ne" : "apac";
    default:
      return area as Hint;
  }
}
