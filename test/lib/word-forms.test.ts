// Forms that meet, and words that must not.

import fc from "fast-check";
import { expect, test } from "vitest";
import { commonForm } from "../../src/lib/word-forms.ts";

test.for(
  `pay pays paid paying payment payments payer
cancel cancels cancelled canceling cancellation
refund refunds refunded refunding refundable
decide decides decided decision decisions
divide division
extend extended extension extensions
permit permits permitted permission permissions
submit submitted submission
subscribe subscribed subscriber subscription
describe description
receive received receipt reception
solve solved solution solutions
produce produced production product
connect connected connection connections
install installed installation installing
configure configured configuration configurations
rely relies relied reliable reliability
available availability
depend depends dependent dependency dependencies
differ different difference
store stored stores storage
manage managed manager management
employ employs employed employee employer employment
fail fails failed failure failures
sign signed signature
arrive arrived arrival
approve approved approval
operate operator operation operational
calculate calculated calculation calculator
private privacy
grow grew growth
buy bought buyer
sell sold sale sales
run ran runs running
child children
person people
use used uses using user usage
colour color colours
organise organization organize organised
centre center
carry carries carried carrier
city cities
box boxes
policy policies
rent rented rental renting
protect protected protection
limit limits limited limitation
naïve naive
Rechnung Rechnungen
maison maisons`.split("\n"),
)("%s", (line) => {
  const forms = line.split(" ").map((word) => commonForm(word.toLowerCase()));
  expect(new Set(forms).size, `${forms}`).toBe(1);
});

test("different words stay different", () => {
  const words =
    "pay play city site bring thing string ring order older sing sign rate ratio day data card care " +
    "price prize time team file field mail main plan user page rent bank bill boat book " +
    "change charge claim class clean code cold delay door drive email error event export flight form";
  const forms = words.split(" ").map(commonForm);
  expect(forms.filter((form, at) => forms.indexOf(form) !== at)).toEqual([]);
});

test("no word makes it fail or gives nothing, and any length is quick", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[\p{L}\p{M}]+$/u), (word) => {
      const form = commonForm(word.toLowerCase());
      expect(form.length).toBeLessThanOrEqual(7);
    }),
  );
  for (const part of ["s", "e", "ing", "ation", "es", "a"]) commonForm(part.repeat(100_000));
});
