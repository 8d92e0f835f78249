// What a token allows, on its way into the object and through its sleep: as a header of the request
// that comes with it, and as the tag of a socket, which unlike its attachment is written once.

import type { Grant } from "../protocol/token.ts";

const HEADER = "grant";

/** Says in `headers` with which leave a request comes; with a key it comes without, and may everything. */
export function setGrant(headers: Headers, grant: Grant | undefined): void {
  // Whatever a caller wrote there goes, in either case.
  if (grant) headers.set(HEADER, JSON.stringify(grant));
  else headers.delete(HEADER);
}

export function grantIn(headers: Headers): Grant | undefined {
  const text = headers.get(HEADER);
  return text === null ? undefined : (JSON.parse(text) as Grant);
}

/** At most 256 characters each (https://developers.cloudflare.com/durable-objects/api/state/). */
export function toTags(grant: Grant | undefined): string[] {
  return grant ? [JSON.stringify(grant)] : [];
}

export function fromTags([tag]: readonly string[]): Grant | undefined {
  return tag === undefined ? undefined : (JSON.parse(tag) as Grant);
}
