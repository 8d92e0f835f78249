// /v1/skills: what can be sent, what is answered, and whose it is.

import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { type Refusal, send } from "../support/client.ts";
import { addVersion, createSkill, type SkillReply, skillMd } from "../support/skills.ts";

const JSON_TYPE = { "content-type": "application/json" };
const unique = (name: string) => `${name}-${crypto.randomUUID()}`;

type Reply = SkillReply & Refusal & { data: SkillReply[]; next_page: string | null };

async function ask(method: string, path: string, init: Parameters<typeof send>[2] = {}) {
  const response = await send(method, `/v1/skills${path}`, init);
  return { code: response.status, body: (await response.json()) as Reply };
}

const post = (path: string, body: unknown) =>
  ask("POST", path, { headers: JSON_TYPE, body: JSON.stringify(body) });

function form(
  fields: Record<string, string>,
  files: [field: string, path: string, text: string][],
) {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  for (const [field, path, text] of files) body.append(field, new File([text], path));
  return { body };
}

async function filesOf(versionId: string | null): Promise<Record<string, string>> {
  const files = await env.SKILLS.getByName("acme").files(versionId ?? "");
  const texts = files.map(({ path, content }) => [path, new TextDecoder().decode(content)]);
  return Object.fromEntries(texts);
}

describe("creating", () => {
  const MD = skillMd("helper");
  const SKILL = { "SKILL.md": MD, "a/b.py": "print(1)" };
  const WAYS: [title: string, init: () => Parameters<typeof send>[2], files: object][] = [
    [
      "a form",
      () =>
        form({}, [
          ["files", "SKILL.md", MD],
          ["files", "a/b.py", "print(1)"],
        ]),
      SKILL,
    ],
    [
      "a form as the SDKs send it",
      () =>
        form({}, [
          ["files[]", "x/SKILL.md", MD],
          ["files[]", "x/a/b.py", "print(1)"],
        ]),
      SKILL,
    ],
    ["a form without files", () => form({ skill_md: MD }, []), { "SKILL.md": MD }],
    ["a form of text", () => ({ body: new URLSearchParams({ skill_md: MD }) }), { "SKILL.md": MD }],
    [
      "JSON",
      () => ({
        headers: JSON_TYPE,
        body: JSON.stringify({
          files: [
            { path: "SKILL.md", content: MD },
            { path: "a/b.py", content_base64: btoa("print(1)") },
          ],
        }),
      }),
      SKILL,
    ],
  ];
  test.for(WAYS)("takes %s", async ([, init, files]) => {
    const { code, body } = await ask("POST", "", init());
    expect([code, body]).toEqual([
      200,
      {
        id: expect.stringMatching(/^skill_[0-9a-f]{32}$/),
        type: "skill",
        display_title: "helper",
        display_name: "helper",
        collection: "default",
        source: "custom",
        loading: "lazy",
        readonly: false,
        latest_version: expect.stringMatching(/^\d{16}$/),
        latest_version_id: expect.stringMatching(/^skillver_[0-9a-f]{32}$/),
        created_at: body.created_at,
        updated_at: body.created_at,
      },
    ]);
    expect(await filesOf(body.latest_version_id)).toEqual(files);
  });

  test("keeps what the fields say", async () => {
    const fields = { display_title: "T", collection: "c", source: "zylon", loading: "eager" };
    const { body } = await ask("POST", "", form({ ...fields, readonly: "true", skill_md: MD }, []));
    expect(body).toMatchObject({ ...fields, readonly: true });
  });

  test("keeps files that are longer than a row", async () => {
    const long = "0123456789".repeat(400_000);
    const { latest_version_id } = await createSkill("long", { files: { a: long, b: "" } });
    expect(await filesOf(latest_version_id)).toMatchObject({ a: long, b: "" });
  });

  const BAD: [title: string, body: unknown, loc: string][] = [
    ["nothing", {}, "body.files"],
    ["a SKILL.md without frontmatter", { skill_md: "x" }, "body.skill_md"],
    ["a bad name", { skill_md: skillMd("A") }, "body.skill_md.name"],
    [
      "a bad name in a file",
      { files: [{ path: "SKILL.md", content: skillMd("A") }] },
      "body.files.0.content.name",
    ],
    ["a path upwards", { files: [{ path: "../a", content: "" }] }, "body.files.0.path"],
    ["a file without content", { files: [{ path: "a" }] }, "body.files.0"],
    [
      "base64 that is none",
      { files: [{ path: "a", content_base64: "!" }] },
      "body.files.0.content_base64",
    ],
    ["no list", { files: "x" }, "body.files"],
    ["an empty collection", { collection: "", skill_md: MD }, "body.collection"],
    ["a long collection", { collection: "c".repeat(256), skill_md: MD }, "body.collection"],
    ["another loading", { loading: "never", skill_md: MD }, "body.loading"],
    ["another source", { source: "x", skill_md: MD }, "body.source"],
    ["a title of nothing", { display_title: "", skill_md: MD }, "body.display_title"],
  ];
  test.for(BAD)("refuses %s", async ([, given, loc]) => {
    const { code, body } = await post("", given);
    const detail = Array.isArray(body.detail) ? body.detail : [];
    expect([code, detail.map((one) => one.loc.join("."))]).toEqual([422, [loc]]);
  });

  test("refuses a file that is text, and a form that is none", async () => {
    const text = await ask("POST", "", form({ files: MD }, []));
    expect([text.code, text.body.error.message]).toEqual([422, "body.files.0: must be a file"]);
    const headers = { "content-type": "multipart/form-data; boundary=x" };
    const none = await ask("POST", "", { headers, body: "nothing" });
    expect([none.code, none.body.error.message]).toEqual([422, "body: is not a form"]);
  });
});

test("a form with more files than anyone sends is refused, and not with a fault for each", async () => {
  const body = new URLSearchParams(Array(1_025).fill(["files", ""]));
  const refused = await ask("POST", "", { body });
  expect(refused).toMatchObject({ code: 422, body: { detail: [{ loc: ["body", "files"] }] } });
});

test("validating says what creating would, and creates nothing", async () => {
  const collection = unique("c");
  const good = await post("/validate", {
    collection,
    skill_md: skillMd("a", { description: "D" }),
  });
  expect(good.body).toEqual({ valid: true, name: "a", description: "D", errors: [] });
  const bad = await post("/validate", { collection, skill_md: "---\nname: A\n---" });
  expect(bad.code).toBe(200);
  expect(bad.body).toMatchObject({ valid: false, name: null, description: null });
  expect(bad.body.errors).toEqual([
    "skill_md.name: must be lower-case letters, digits and single hyphens",
    "skill_md.description: Field required",
  ]);
  expect((await ask("GET", `?collection=${collection}`)).body.data).toEqual([]);
});

describe("listing", () => {
  test("goes page by page, the newest first, within a collection", async () => {
    const collection = unique("c");
    const made = [];
    for (const name of ["a", "b", "c"]) made.push(await createSkill(name, { collection }));
    await createSkill("elsewhere");
    const seen: string[] = [];
    let query = `?collection=${collection}&limit=1`;
    for (let page = 0; page < 3; page += 1) {
      const { body } = await ask("GET", query);
      seen.push(...body.data.map(({ id }) => id));
      expect(body.has_more).toBe(page < 2);
      query = `?collection=${collection}&limit=1&page=${body.next_page}`;
    }
    expect(seen).toEqual(made.map(({ id }) => id).reverse());
    const other = await ask("GET", `?collection=${collection}&source=anthropic`);
    expect(other.body).toEqual({ data: [], has_more: false, next_page: null });
  });

  test.for(["limit=0", "limit=1001", "limit=x", "page=x", "page=-1", "collection="])(
    "refuses %s",
    async (query) => {
      const { code, body } = await ask("GET", `?${query}`);
      const [detail] = Array.isArray(body.detail) ? body.detail : [];
      expect([code, detail?.loc]).toEqual([422, ["query", query.split("=")[0]]]);
    },
  );
});

describe("versions", () => {
  test("are added, listed, read and deleted; the latest is what the skill has", async () => {
    const skill = await createSkill("one");
    const second = await addVersion(skill, "two", { description: "Other." });
    const path = `/${skill.id}/versions`;
    expect(Number(second.version)).toBeGreaterThan(Number(skill.latest_version));
    const version = {
      id: second.id,
      type: "skill_version",
      skill_id: skill.id,
      version: second.version,
      name: "two",
      directory: "two",
      description: "Other.",
      created_at: expect.any(String),
    };
    const after = (await ask("GET", `/${skill.id}`)).body;
    expect(after).toMatchObject({ latest_version: second.version, latest_version_id: second.id });
    expect((await ask("GET", `${path}/${second.version}`)).body).toEqual(version);
    expect((await ask("GET", `${path}/${second.id}`)).body).toEqual(version);
    const first = (await ask("GET", `${path}?limit=1`)).body;
    expect(first).toEqual({ data: [version], has_more: true, next_page: second.version });
    const rest = (await ask("GET", `${path}?page=${first.next_page}`)).body;
    expect(rest).toMatchObject({ data: [{ version: skill.latest_version }], has_more: false });

    expect((await ask("DELETE", `${path}/${second.version}`)).body).toEqual({
      id: second.version,
      type: "skill_version_deleted",
    });
    expect((await ask("GET", `${path}/${second.version}`)).code).toBe(404);
    const { body } = await ask("GET", `/${skill.id}`);
    expect(body.latest_version).toBe(skill.latest_version);
    await ask("DELETE", `${path}/${skill.latest_version}`);
    expect((await ask("GET", `/${skill.id}`)).body.latest_version).toBeNull();
  });

  test("that were deleted are erased when no message can have them any more", async () => {
    const key = "globex-key";
    const skill = await createSkill("gone", { key });
    const object = env.SKILLS.getByName("globex");
    await ask("DELETE", `/${skill.id}`, { key });
    expect(await object.files(skill.latest_version_id ?? "")).toHaveLength(1);
    const aged = "UPDATE version SET deleted_at = 1 WHERE deleted_at IS NOT NULL";
    await runInDurableObject(object, (_, { storage }) => void storage.sql.exec(aged));
    expect(await runDurableObjectAlarm(object)).toBe(true);
    expect(await object.files(skill.latest_version_id ?? "")).toEqual([]);
    expect(await runDurableObjectAlarm(object)).toBe(false);
  });
});

describe("what is not there", () => {
  const NOWHERE = "skill_0";
  const PATHS: [method: string, path: string][] = [
    ["GET", `/${NOWHERE}`],
    ["DELETE", `/${NOWHERE}`],
    ["GET", `/${NOWHERE}/versions`],
    ["GET", `/${NOWHERE}/versions/1`],
    ["DELETE", `/${NOWHERE}/versions/1`],
  ];
  test.for(PATHS)("%s %s is 404", async ([method, path]) => {
    const { code, body } = await ask(method, path);
    expect([code, body.detail]).toEqual([404, `Skill ${NOWHERE} not found.`]);
  });

  test("a version of a skill that is there is named", async () => {
    const { id } = await createSkill("there");
    for (const method of ["GET", "DELETE"]) {
      const { code, body } = await ask(method, `/${id}/versions/5`);
      expect([code, body.detail]).toEqual([404, `Version 5 of ${id} not found.`]);
    }
  });

  test("is what another tenant has, and what another collection has", async () => {
    const { id } = await createSkill("mine");
    expect((await ask("GET", `/${id}`, { key: "globex-key" })).code).toBe(404);
    expect((await ask("DELETE", `/${id}`, { key: "globex-key" })).code).toBe(404);
    expect((await ask("GET", `/${id}?collection=other`)).code).toBe(404);
    expect((await ask("GET", `/${id}`)).code).toBe(200);
  });

  test("is a path with another method", async () => {
    expect((await ask("DELETE", "")).code).toBe(405);
    expect((await ask("GET", "/skill_1/versions/1/more")).code).toBe(404);
  });
});

test("a readonly skill stays as it is", async () => {
  const skill = await createSkill("fixed", { readonly: true });
  const told = [
    await ask("DELETE", `/${skill.id}`),
    await ask("DELETE", `/${skill.id}/versions/${skill.latest_version}`),
    await post(`/${skill.id}/versions`, { skill_md: skillMd("fixed") }),
  ];
  for (const { code, body } of told) {
    expect([code, body.detail]).toEqual([403, `Skill ${skill.id} is readonly.`]);
  }
  expect((await ask("GET", `/${skill.id}`)).body).toEqual(skill);
});
