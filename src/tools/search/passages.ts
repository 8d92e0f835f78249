// Documents as passages, by the way they are built.

import type { Text } from "../text.ts";
import { jsonPassages } from "./json.ts";
import type { Passage } from "./passage.ts";
import { prosePassages } from "./prose.ts";
import { tablePassages } from "./table.ts";

export function passagesOf({ form, text }: Text): Iterable<Passage> {
  switch (form) {
    case "prose":
      return prosePassages(text);
    case "table":
      return tablePassages(text);
    case "json":
      return jsonPassages(text) ?? prosePassages(text);
  }
}
