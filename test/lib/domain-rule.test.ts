// Which address fits which rule.

import { expect, test } from "vitest";
import { fitsDomainRule, isDomainRule } from "../../src/lib/domain-rule.ts";

test.for<[rule: string, fitting: string[], others: string[]]>([
  [
    "example.com",
    [
      "https://example.com",
      "http://EXAMPLE.com:8080/a",
      "https://a.b.example.com/",
      "https://example.com./",
    ],
    ["https://example.org/", "https://notexample.com/", "https://example.com.evil.org/"],
  ],
  ["docs.Example.com", ["https://docs.example.com/"], ["https://example.com/"]],
  ["example.com:8080", ["http://example.com:8080/"], ["http://example.com/"]],
  ["127.0.0.1:80", [], ["http://127.0.0.1:81/"]],
  [
    "example.com/blog",
    ["https://example.com/blog", "https://example.com/blog/a?b", "https://a.example.com/blog/"],
    ["https://example.com/", "https://example.com/blogs", "https://example.com/blog/../a"],
  ],
  [
    "example.com/blog/",
    ["https://example.com/blog/a", "https://example.com/blog"],
    ["https://example.com/b"],
  ],
  ["example.com/", ["https://example.com/", "https://example.com/a"], ["https://example.org/"]],
  [
    "example.com/größe",
    ["https://example.com/größe", "https://example.com/gr%c3%b6%C3%9Fe/a"],
    ["https://example.com/grosse"],
  ],
  [
    "example.com/gr%c3%b6%C3%9Fe/a*b",
    ["https://example.com/größe/a-b", "https://example.com/gr%C3%B6%c3%9fe/%61-%62"],
    ["https://example.com/größe/b"],
  ],
  [
    "example.com/blog/a-b",
    ["https://example.com/%62log/a%2db", "https://example.com/%42/../%62%6C%6fg/a-b/c"],
    ["https://example.com/blog%2Fa-b", "https://example.com/%2562log/a-b"],
  ],
  ["example.com/*", ["https://example.com/", "https://example.com/a/b"], ["https://example.org/a"]],
  [
    "example.com/*/posts",
    ["https://example.com/ada/posts/1"],
    ["https://example.com/ada", "https://example.com/posts"],
  ],
])("%s", ([rule, fitting, others]) => {
  expect(isDomainRule(rule)).toBe(true);
  const fits = (address: string) => fitsDomainRule(new URL(address), rule);
  expect(fitting.filter((address) => !fits(address))).toEqual([]);
  expect(others.filter(fits)).toEqual([]);
});

test.for([
  "",
  "*.example.com",
  "exa*mple.com",
  "https://example.com",
  "example.com/a/*/b/*",
  "example.com?a",
  ".example.com",
  "example.com ",
  "user@example.com",
])("%j is no rule, and nothing fits it", (rule) => {
  expect(isDomainRule(rule)).toBe(false);
  expect(fitsDomainRule(new URL("https://example.com/"), rule)).toBe(false);
});
