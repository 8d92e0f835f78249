// Jurisdictions: what is kept under the law of one, as messages, their containers and their tables.
// https://developers.cloudflare.com/durable-objects/reference/data-location/

import { type Env, type Settings, settingsOf } from "../env.ts";
import { ApiError } from "../protocol/errors.ts";

/** The one that an id is in: each jurisdiction is a space of ids of its own, so they begin with it. */
export function jurisdictionOf(
  id: string,
  jurisdictions: Settings["JURISDICTIONS"],
): DurableObjectJurisdiction | undefined {
  return jurisdictions.find((one) => id.startsWith(`${one}:`));
}

/**
 * The object of a tenant's id, in the jurisdiction that the id is in. Its name begins with the tenant, who
 * cannot be chosen: another tenant's id is simply another object. `options` count when it is named for
 * the first time. Throws `ApiError` where the platform has no jurisdictions, as workerd by itself.
 */
export function objectOf<Type extends Rpc.DurableObjectBranded | undefined>(
  objects: DurableObjectNamespace<Type>,
  env: Env,
  tenant: string,
  id: string,
  options?: DurableObjectNamespaceGetDurableObjectOptions,
): DurableObjectStub<Type> {
  const jurisdiction = jurisdictionOf(id, settingsOf(env).JURISDICTIONS);
  return within(objects, jurisdiction).getByName(`${tenant}/${id}`, options);
}

function within<Type extends Rpc.DurableObjectBranded | undefined>(
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
