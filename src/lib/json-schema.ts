// Whether a value fits a JSON Schema, and where not.

import { type Schema, Validator } from "@cfworker/json-schema";

export function createCheck(schema: unknown): (value: unknown) => string | undefined {
  const validator = new Validator(schema as Schema, "2020-12");
  return (value) => validator.validate(value).errors[0]?.error;
}
