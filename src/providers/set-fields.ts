// What a request asks for, field by field. Pure.

import type { MessageRequest } from "../protocol/request.ts";

/** Its fields that say something: null is absent, and an empty list is as good as none. */
export function setFields(request: MessageRequest): [name: string, value: unknown][] {
  return Object.entries(request).filter(
    ([, value]) => value != null && !(Array.isArray(value) && value.length === 0),
  );
}
