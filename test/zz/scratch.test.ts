import { test } from "vitest";
import { parsePartialJson } from "../../src/lib/partial-json.ts";
test("x", () => {
  for (const n of [1000, 5000,10000,50000,200000]) for (const open of ["[", '{"a":']) {
    const v = parsePartialJson(open.repeat(n)+"1,");
    for (const w of [v, {x:v, y:[1]}]) {
    try { console.log(n, open, JSON.stringify(w).length); } catch (e) { console.log(n, open, String(e)); }
    try { console.log(n, open, structuredClone(w) !== undefined); } catch (e) { console.log(n, open, String(e)); }}
  }
});
