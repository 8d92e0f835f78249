// Jurisdictions: what is kept under the law of one, as messages, their containers and their tables.
// https://developers.cloudflare.com/durable-objects/reference/data-location/

import type { Settings } from "../env.ts";
import { ApiError } from "../protocol/errors.ts";

/** The one that an id is in: each jurisdiction is a space of ids of its own, so they begin with it. */
export function jurisdictionOf(
  id: string,
  jurisdictions: Settings["JURISDICTIONS"],
): DurableObjectJurisdiction | undefined {
  return jurisdictions.find((one) => id.startsWith(`${one}:`));
}

/** Those of `objects` that are in a jurisdiction. Throws `ApiError` where the platform has none, as workerd by itself. */
export function objectsIn<Type extends Rpc.DurableObjectBranded | undefined>(
  objects: DurableObjectNamespace<Type>,
  jurisdiction: DurableObjectJurisdiction | undefined,
): DurableObjectNamespace<Type> {
  if (jurisdiction === undefined) return objects;
  try {
    return objects.jurisdiction(jurisdiction);
  } catch {
    const message = "there are no jurisdictions where this service runs";
    throw new ApiError({ reason: "bad_setting", setting: "JURISDICTIONS", message });
  }
}
