// Bytes in many encodings, told rightly, wrongly and not at all.

import { expect, test } from "vitest";
import { charsetOf, decodeText, isUtf8, markedCharset } from "../../src/lib/charset.ts";

const bytes = (...numbers: number[]) => new Uint8Array(numbers);
const utf8 = (text: string) => new TextEncoder().encode(text);

test.for<[string, Uint8Array, string | undefined, string]>([
  ["UTF-8, untold", utf8("Grüße 日本 😀"), undefined, "Grüße 日本 😀"],
  ["UTF-8, told", utf8("Grüße"), "UTF-8", "Grüße"],
  ["UTF-8, with a mark that is no text", bytes(0xef, 0xbb, 0xbf, 0x61), undefined, "a"],
  ["UTF-16, little end first", bytes(0xff, 0xfe, 0x61, 0, 0xe4, 0), undefined, "aä"],
  ["UTF-16, big end first, told wrongly", bytes(0xfe, 0xff, 0, 0x61), "utf-8", "a"],
  ["Latin 1, told", bytes(0x47, 0xfc), "ISO-8859-1", "Gü"],
  ["Latin 1, untold", bytes(0x47, 0xfc, 0x80), undefined, "Gü€"],
  ["Latin 1, told to be UTF-8", bytes(0x47, 0xfc), "utf-8", "G\ufffd"],
  ["UTF-8, told to be Latin 1", utf8("ü"), "latin1", "Ã¼"],
  ["Shift JIS", bytes(0x93, 0xfa, 0x96, 0x7b), "shift_jis", "日本"],
  ["Cyrillic", bytes(0xcf, 0xf0), "windows-1251", "Пр"],
  ["an encoding that is none", utf8("ü"), "klingon", "ü"],
  ["one that is refused everywhere", utf8("+ADw-"), "utf-7", "+ADw-"],
  ["cut in a character", utf8("aü").slice(0, 2), "utf-8", "a\ufffd"],
  ["nothing", bytes(), undefined, ""],
])("%s", ([, given, label, text]) => {
  expect(decodeText(given, label)).toBe(text);
});

test.for<[string, string | undefined]>([
  ["text/html; charset=utf-8", "utf-8"],
  ['text/html;charset="Shift_JIS"', "Shift_JIS"],
  ["text/html; a=b; CHARSET = koi8-r ;c", "koi8-r"],
  ["text/html", undefined],
  ["text/html; charset=", undefined],
  ["", undefined],
])("the charset of %j is %j", ([contentType, charset]) => {
  expect(charsetOf(contentType)).toBe(charset);
});

test("UTF-8 is told from what is not", () => {
  expect([utf8("ü"), bytes(0xfc), bytes(0xc0, 0x80)].map(isUtf8)).toEqual([true, false, false]);
  expect([utf8("ü"), bytes(0xff, 0xfe)].map(markedCharset)).toEqual([undefined, "utf-16le"]);
});
