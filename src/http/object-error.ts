// What the platform tells of calls that did not get through to an object, and calls that get over it.
// https://developers.cloudflare.com/durable-objects/best-practices/error-handling/

import { backoff } from "../lib/backoff.ts";

interface ObjectError extends Error {
  retryable?: boolean;
  overloaded?: boolean;
  durableObjectReset?: boolean;
}

/** How often a call is made at the most. */
const MAX_CALLS = 4;

/** The object is on the move, was lost, or has too much to do: it can be called again. */
export function isPassing({ retryable, overloaded, durableObjectReset }: ObjectError): boolean {
  return (retryable || overloaded || durableObjectReset) ?? false;
}

/**
 * Makes a call that comes to the same however often it is made, and makes it again where its object
 * was lost. `call` needs a stub of its own each time: one whose object was lost is broken for good. An
 * object that has too much to do is not pressed.
 */
export async function insist<Result>(call: () => Promise<Result>): Promise<Result> {
  for (let calls = 1; ; calls += 1) {
    try {
      return await call();
    } catch (error) {
      const failure = error as ObjectError;
      if (calls >= MAX_CALLS || failure.overloaded || !isPassing(failure)) throw error;
      await scheduler.wait(backoff(calls - 1, Math.random()));
    }
  }
}
