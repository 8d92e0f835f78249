// The file tree of a container, in the storage of a real object: what a shell expects of one, and what
// it refuses.

import { describe, expect, test } from "vitest";
import { MAX_ENTRIES, MAX_FILE_BYTES } from "../../../src/tools/container/nodes.ts";
import { type FileTree, MAX_PATH_LENGTH } from "../../../src/tools/container/tree.ts";
import { withTree } from "../../support/shell.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (tree: FileTree, path: string) => new TextDecoder().decode(tree.read(path));
const names = (tree: FileTree, path: string) => tree.list(path).map(({ name }) => name);
const paths = (tree: FileTree) => tree.files("", 100).map(({ path }) => path);

/** `/d/f` has a text, `/l` leads to `/d`, `/d/up` to what is above it; a skill is mounted. */
function furnish(tree: FileTree): FileTree {
  tree.makeDirectories("/d/e");
  tree.write("/d/f", bytes("text"));
  tree.link("d", "/l");
  tree.link("../../..", "/d/up");
  tree.mount("/mnt/skills/one", "1", [{ path: "a/SKILL.md", content: bytes("# One") }]);
  return tree;
}

test.for<[string, (tree: FileTree) => unknown, unknown]>([
  ["a file by its path", (tree) => text(tree, "/d/f"), "text"],
  ["by a link on the way", (tree) => text(tree, "/l/f"), "text"],
  ["by a link out, which leads to the root", (tree) => text(tree, "/d/up/d/f"), "text"],
  ["the real path of a link", (tree) => tree.realPath("/l/f"), "/d/f"],
  ["of what is not there yet", (tree) => tree.realPath("/l/new"), "/d/new"],
  ["a link itself", (tree) => [tree.lstat("/l").type, tree.readLink("/l")], ["symlink", "d"]],
  ["what a directory holds", (tree) => names(tree, "/d"), ["e", "f", "up"]],
  ["all files", paths, ["/d/f", "/mnt/skills/one/a/SKILL.md"]],
  ["some of them", (tree) => tree.files("/d/f", 1).length, 1],
  ["what is used", (tree) => tree.usage, { files: 2, bytes: 9 }],
  ["whether a mount is there", (tree) => tree.hasMount("/mnt/skills/one", "1"), true],
  ["whether another version is", (tree) => tree.hasMount("/mnt/skills/one", "2"), false],
])("tells %s", async ([, ask, answer]) => {
  expect(await withTree((tree) => ask(furnish(tree)))).toEqual(answer);
});

test.for<[string, (tree: FileTree) => void, (tree: FileTree) => unknown, unknown]>([
  ["through a link", (tree) => tree.write("/l/g", bytes("x")), (tree) => text(tree, "/d/g"), "x"],
  ["anew", (tree) => tree.write("/d/f", bytes("")), (tree) => tree.stat("/d/f").size, 0],
  ["at the end", (tree) => tree.append("/d/f", bytes("!")), (tree) => text(tree, "/d/f"), "text!"],
  [
    "by another name",
    (tree) => tree.rename("/d", "/c"),
    paths,
    ["/c/f", "/mnt/skills/one/a/SKILL.md"],
  ],
  [
    "over a file",
    (tree) => {
      tree.write("/g", bytes("new"));
      tree.rename("/g", "/d/f");
    },
    (tree) => [text(tree, "/d/f"), tree.usage.files],
    ["new", 2],
  ],
  ["nothing more", (tree) => tree.remove("/d/f"), (tree) => tree.usage, { files: 1, bytes: 5 }],
  [
    "a link, and not where it leads",
    (tree) => tree.remove("/l"),
    (tree) => text(tree, "/d/f"),
    "text",
  ],
  ["another mode", (tree) => tree.chmod("/d/f", 0o100755), (tree) => tree.stat("/d/f").mode, 0o755],
  ["another time", (tree) => tree.touch("/d/f", 1e12), (tree) => tree.stat("/d/f").modified, 1e12],
  [
    "another version of a skill",
    (tree) => {
      tree.mount("/mnt/skills/one", "2", [{ path: "b", content: bytes("") }]);
    },
    (tree) => [names(tree, "/mnt/skills/one"), tree.hasMount("/mnt/skills/one", "2")],
    [["b"], true],
  ],
])("keeps what was written %s", async ([, change, ask, answer]) => {
  const found = await withTree((tree) => {
    change(furnish(tree));
    return ask(tree);
  });
  expect(found).toEqual(answer);
});

test.for<[string, (tree: FileTree) => void, string]>([
  ["what is not there", (tree) => tree.read("/d/x"), "ENOENT"],
  ["a way through what is not there", (tree) => tree.write("/x/f", bytes("")), "ENOENT"],
  ["a way through a file", (tree) => tree.read("/d/f/x"), "ENOTDIR"],
  ["to read a directory", (tree) => tree.read("/d"), "EISDIR"],
  ["to write a directory", (tree) => tree.write("/d", bytes("")), "EISDIR"],
  ["to list a file", (tree) => tree.list("/d/f"), "ENOTDIR"],
  ["to make what is there", (tree) => tree.makeDirectory("/d"), "EEXIST"],
  ["to link what is there", (tree) => tree.link("x", "/d/f"), "EEXIST"],
  ["to remove a directory that holds something", (tree) => tree.remove("/d"), "ENOTEMPTY"],
  ["to remove the root", (tree) => tree.remove("/"), "EPERM"],
  ["to put a directory into itself", (tree) => tree.rename("/d", "/d/e/d"), "EINVAL"],
  ["to put a file over a directory", (tree) => tree.rename("/d/f", "/d/e"), "EISDIR"],
  ["a directory over a file", (tree) => tree.rename("/d/e", "/d/f"), "ENOTDIR"],
  ["a path that does not begin at the root", (tree) => tree.read("d/f"), "EINVAL"],
  ["a NUL", (tree) => tree.write("/a\0b", bytes("")), "EINVAL"],
  ["a long path", (tree) => tree.read(`/${"x/".repeat(MAX_PATH_LENGTH)}`), "ENAMETOOLONG"],
  ["a long name", (tree) => tree.write(`/${"x".repeat(256)}`, bytes("")), "ENAMETOOLONG"],
  ["a deep path", (tree) => tree.makeDirectories(`/${"x/".repeat(70)}`), "ENAMETOOLONG"],
  [
    "a link to itself",
    (tree) => {
      tree.link("x", "/x");
      tree.read("/x");
    },
    "ELOOP",
  ],
  ["to write a skill", (tree) => tree.write("/mnt/skills/one/a/SKILL.md", bytes("")), "EROFS"],
  [
    "by a link",
    (tree) => {
      tree.link("/mnt/skills", "/s");
      tree.append("/s/one/a/SKILL.md", bytes("!"));
    },
    "EROFS",
  ],
  [
    "by a link, to make a directory there",
    (tree) => {
      tree.link("/mnt/skills/one", "/s");
      tree.makeDirectories("/s/new");
    },
    "EROFS",
  ],
  [
    "to put deep directories deeper",
    (tree) => {
      for (const name of ["a", "b"]) tree.makeDirectories(`/${name}${"/x".repeat(40)}`);
      tree.rename("/b", `/a${"/x".repeat(40)}/b`);
    },
    "ENAMETOOLONG",
  ],
  [
    "by a link, what has a long path without it",
    (tree) => {
      const name = "x".repeat(200);
      tree.makeDirectories(`/${Array(4).fill(name).join("/")}`);
      tree.link(Array(4).fill(name).join("/"), "/s");
      tree.makeDirectories(`/s/${name}/${name}`);
    },
    "ENAMETOOLONG",
  ],
  [
    "to put long paths into long ones",
    (tree) => {
      const long = `/${Array(3).fill("x".repeat(200)).join("/")}`;
      for (const at of ["/a", "/b"]) tree.makeDirectories(`${at}${long}`);
      tree.rename("/b", `/a${long}/b`);
    },
    "ENAMETOOLONG",
  ],
  ["a link with a NUL", (tree) => tree.link("a\0b", "/x"), "EINVAL"],
  ["a way back through a file", (tree) => tree.read("/d/f/../f"), "ENOTDIR"],
  ["to move skills", (tree) => tree.rename("/mnt", "/m"), "EROFS"],
  ["to move something there", (tree) => tree.rename("/d", "/mnt/d"), "EROFS"],
  [
    "a file that is too large",
    (tree) => tree.write("/f", new Uint8Array(MAX_FILE_BYTES + 1)),
    "EFBIG",
  ],
  [
    "one that grows too large",
    (tree) => {
      tree.write("/f", new Uint8Array(MAX_FILE_BYTES));
      tree.append("/f", bytes("x"));
    },
    "EFBIG",
  ],
  [
    "too much in all",
    (tree) => {
      for (let n = 0; n < 11; n += 1) tree.write(`/f${n}`, new Uint8Array(MAX_FILE_BYTES));
    },
    "ENOSPC",
  ],
  [
    "too many",
    (tree) => {
      for (let n = 0; n <= MAX_ENTRIES; n += 1) tree.makeDirectory(`/n${n}`);
    },
    "ENOSPC",
  ],
])("refuses %s", async ([, act, code]) => {
  const told = await withTree((tree) => {
    furnish(tree);
    try {
      act(tree);
      return "nothing";
    } catch (error) {
      return (error as { code?: string }).code;
    }
  });
  expect(told).toBe(code);
});

describe("a long file", () => {
  const PIECE = 256 * 1024;

  test.for([0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE])(
    "of %i bytes, appended to",
    async (size) => {
      const whole = Uint8Array.from({ length: size + 5 }, (_, at) => at % 251);
      const read = await withTree((tree) => {
        tree.write("/f", whole.subarray(0, size));
        tree.append("/f", whole.subarray(size));
        return tree.read("/f");
      });
      expect(read.length).toBe(whole.length);
      expect(read.every((byte, at) => byte === whole[at])).toBe(true);
    },
  );

  test("leaves nothing of itself behind a shorter one", async () => {
    const [size, pieces] = await withTree((tree) => {
      tree.write("/f", new Uint8Array(3 * PIECE));
      tree.write("/f", bytes("short"));
      return [tree.usage.bytes, text(tree, "/f")];
    });
    expect([size, pieces]).toEqual([5, "short"]);
  });
});
