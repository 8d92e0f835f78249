// Headers that say how long to wait, and what we make of them.

import { expect, test } from "vitest";
import { parseRetryAfter } from "../../src/lib/retry-after.ts";

const NOW = Date.parse("Wed, 21 Oct 2026 07:28:00 GMT");

test.for<[Record<string, string>, number | undefined]>([
  [{}, undefined],
  [{ "retry-after": "3" }, 3],
  [{ "retry-after": " 3 " }, 3],
  [{ "retry-after": "0" }, 0],
  [{ "retry-after": "0.5" }, 0.5],
  [{ "retry-after-ms": "1500" }, 1.5],
  [{ "retry-after-ms": "20", "retry-after": "3" }, 0.02],
  [{ "retry-after-ms": "soon", "retry-after": "3" }, 3],
  [{ "retry-after-ms": "-1", "retry-after": "3" }, 3],
  [{ "retry-after": "Wed, 21 Oct 2026 07:28:30 GMT" }, 30],
  [{ "retry-after": "Wed, 21 Oct 2026 07:27:00 GMT" }, 0],
  [{ "retry-after": "Wednesday, 21-Oct-26 07:28:30 GMT" }, 30],
  [{ "retry-after": "Fri, 31 Dec 2100 23:59:59 GMT" }, 86_400],
  [{ "retry-after": "99999999999" }, 86_400],
  [{ "retry-after": `${"9".repeat(400)}` }, 86_400],
  [{ "retry-after": "-1" }, undefined],
  [{ "retry-after": "" }, undefined],
  [{ "retry-after": "soon" }, undefined],
  [{ "retry-after": "soon GMT" }, undefined],
  [{ "retry-after": "1e3" }, undefined],
  [{ "retry-after": "NaN" }, undefined],
  [{ "retry-after": "Infinity" }, undefined],
  [{ "retry-after": "2026-10-21" }, undefined],
])("%j says %s", ([headers, seconds]) => {
  expect(parseRetryAfter(new Headers(headers), NOW)).toBe(seconds);
});
