// How much a tenant may keep, and that there is room again when some of it is gone.

import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { Folder } from "../../../src/tools/skills/folder.ts";

const WISH = {
  collection: "default",
  displayTitle: "t",
  source: "custom",
  loading: "lazy",
  readonly: false,
} as const;
const FOLDER: Folder = {
  text: { name: "a", description: "b", body: "c" },
  files: [{ path: "SKILL.md", content: new Uint8Array(1) }],
};

type Skills = ReturnType<typeof open>;
const open = () => env.SKILLS.getByName(crypto.randomUUID());
const change = (skills: Skills, statement: string) =>
  runInDurableObject(skills, (_, { storage }) => void storage.sql.exec(statement));

async function create(skills: Skills): Promise<string> {
  const made = await skills.create(WISH, FOLDER);
  return made.ok ? made.row.id : made.fault;
}

async function addVersion(skills: Skills, id: string): Promise<string> {
  const made = await skills.addVersion(id, WISH.collection, FOLDER);
  if (typeof made === "string") return made;
  return made.ok ? made.row.id : made.fault;
}

test("so many skills", async () => {
  const skills = open();
  const id = await create(skills);
  await change(
    skills,
    `WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
      INSERT INTO skill SELECT i, 'skill_' || i, collection, display_title, source, loading,
        readonly, created_at, updated_at FROM n, skill WHERE seq = 1`,
  );
  expect(await create(skills)).toMatch(/1000 skills already/);
  expect(await addVersion(skills, id)).toMatch(/^skillver_/);
  await skills.remove(id, WISH.collection);
  expect(await create(skills)).toMatch(/^skill_/);
});

test("so many versions of each", async () => {
  const skills = open();
  const id = await create(skills);
  const versions = [];
  for (let at = 1; at < 100; at += 1) versions.push(await addVersion(skills, id));
  expect(await addVersion(skills, id)).toMatch(/100 versions already/);
  await skills.removeVersion(id, WISH.collection, versions[0] ?? "");
  expect(await addVersion(skills, id)).toMatch(/^skillver_/);
});

test("so many bytes, those counted that a message may still have", async () => {
  const skills = open();
  const id = await create(skills);
  await change(skills, `UPDATE version SET size = ${1024 ** 3}`);
  const told = /1073741824 bytes .*: delete some; they are erased once/;
  expect(await create(skills)).toMatch(told);
  expect(await addVersion(skills, id)).toMatch(told);
  await skills.remove(id, WISH.collection);
  expect(await create(skills)).toMatch(told);
  await change(skills, "UPDATE version SET deleted_at = 1");
  expect(await runDurableObjectAlarm(skills)).toBe(true);
  expect(await create(skills)).toMatch(/^skill_/);
});
