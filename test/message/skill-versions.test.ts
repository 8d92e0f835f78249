// Which skills a message has: those that were there when it began, whatever becomes of them.

import { abortAllDurableObjects, runDurableObjectAlarm } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { ended, objectOf, send, start } from "../support/client.ts";
import { prepare } from "../support/play.ts";
import {
  type Answer,
  anthropicText,
  anthropicToolUse,
  openaiText,
  type Step,
} from "../support/script.ts";
import {
  addVersion,
  askedFirst,
  begin,
  createSkill,
  type Fields,
  history,
  SKILLS,
  type SkillReply,
  shelve,
  turnsOf,
} from "../support/skills.ts";

const DONE = anthropicText(["Done."]);

describe("versions", () => {
  test("are the latest, or the one that is named; of a name, the first", async () => {
    const { made, artifact } = await shelve({ a: { body: "First." } });
    const a = made.a as SkillReply;
    const second = await addVersion(a, "a", {
      collection: String(a.collection),
      body: "Second.",
    });
    const cases: [artifact: Fields, body: string][] = [
      [artifact(), "Second."],
      [artifact(a.id), "Second."],
      [artifact(a.latest_version_id), "First."],
      [artifact(second.id), "Second."],
      [artifact(a.id, a.latest_version_id), "First."],
    ];
    for (const [skill, body] of cases) {
      const fields = { tools: SKILLS, tool_context: [skill] };
      const playing = await begin(fields, [DONE], history("+a"));
      expect(JSON.stringify(await askedFirst(playing))).toContain(body);
    }
  });

  const CHANGES: [title: string, change: (skill: SkillReply) => Promise<unknown>][] = [
    [
      "added",
      ({ collection, ...skill }) =>
        addVersion(skill as SkillReply, "a", { collection: String(collection), body: "Second." }),
    ],
    [
      "deleted with its skill",
      ({ id, collection }) => send("DELETE", `/v1/skills/${id}?collection=${collection}`),
    ],
  ];
  test.for(CHANGES)("%s while a message runs change nothing in it", async ([, change]) => {
    const { made, artifact } = await shelve({ a: { body: "First." } });
    const silent: Step[] = [{ gate: "never" }];
    const playing = await begin({ tools: SKILLS, tool_context: [artifact()] }, [
      [{ gate: "changed" }, ...anthropicToolUse("load_skill", { name: "a" })],
      silent,
      DONE,
    ]);
    await playing.requested(1);
    await change(made.a as SkillReply);
    await playing.open("changed");
    await playing.requested(2);
    // And neither does a restart.
    await abortAllDurableObjects();
    expect(await runDurableObjectAlarm(objectOf(playing.id))).toBe(true);
    expect((await ended(playing.id)).status).toBe("completed");
    const turns = await turnsOf(playing, 3);
    expect(turns.slice(1)).toEqual(Array(2).fill(["unload_skill", "a", ""]));
    const { requests } = await playing.requested(3);
    expect(JSON.stringify(requests.at(-1)?.body)).toContain("First.");
  });
});

describe("what is not there", () => {
  const refused = async (fields: Fields) => {
    const { code, body } = await start({ ...prepare(DONE).body, ...fields });
    const detail = Array.isArray(body.detail) ? body.detail : [];
    return [code, detail.map(({ loc }) => loc.join("."))];
  };

  test("is refused at the start, with its place", async () => {
    const { made, artifact } = await shelve({ a: {} });
    const ids = "skill_filter.skill_or_version_ids";
    expect(
      await refused({ tools: SKILLS, tool_context: [artifact(made.a?.id, "skill_0")] }),
    ).toEqual([422, [`body.tool_context.0.${ids}.1`]]);
    const own = [{ type: "load_skill_v1", context: [artifact("skill_0")] }];
    expect(await refused({ tools: own })).toEqual([422, [`body.tools.0.context.0.${ids}.0`]]);
    expect(await refused({ container: { skills: [{ skill_id: "skill_0" }] } })).toEqual([
      422,
      ["body.container.skills.0.skill_id"],
    ]);
  });

  test("is told as far as anyone will read", async () => {
    const unknown = {
      type: "skill",
      skill_filter: { collection: "c", skill_or_version_ids: Array(1_024).fill("x") },
    };
    const [code, places] = await refused({ tools: SKILLS, tool_context: [unknown] });
    expect(code).toBe(422);
    expect(places).toHaveLength(1_000);
  });

  test("is what another tenant or another collection has", async () => {
    const { made, artifact } = await shelve({ a: {} });
    const other = await createSkill("a", { key: "globex-key" });
    const elsewhere = await createSkill("a");
    for (const { id } of [other, elsewhere]) {
      expect((await refused({ tools: SKILLS, tool_context: [artifact(id)] }))[0]).toBe(422);
    }
    expect((await refused({ tools: SKILLS, tool_context: [artifact(made.a?.id)] }))[0]).toBe(200);
  });

  test("is said by validating too, and nothing is where a tool has no skills to work on", async () => {
    const validate = async (fields: Fields) => {
      const body = JSON.stringify({ ...prepare(DONE).body, ...fields });
      const headers = { "content-type": "application/json" };
      const response = await send("POST", "/v1/messages/validate", { headers, body });
      return ((await response.json()) as { errors: string[] | null }).errors;
    };
    const { artifact } = await shelve({ a: {} });
    expect(await validate({ tools: SKILLS, tool_context: [artifact()] })).toBeNull();
    const [unknown] = (await validate({ tools: SKILLS, tool_context: [artifact("x")] })) ?? [];
    expect(unknown).toMatch(/no such skill/);
    const [needed] = (await validate({ tools: ["load_skill_v1"] })) ?? [];
    expect(needed).toMatch(/load_skill needs an artifact in tool_context: skill/);
  });
});

describe("what skills say", () => {
  const long = { body: "x".repeat(250_000) };

  test("is found once, however often a request names them", async () => {
    const { made, artifact } = await shelve({ a: long });
    const often = artifact(...Array(150).fill(made.a?.id));
    const fields = { tools: SKILLS, tool_context: [often, often, artifact()] };
    expect(await turnsOf(await begin(fields, [DONE]), 1)).toEqual([
      ["load_skill list_skills", "", "a"],
    ]);
  });

  test("may be so long in all, and is refused beyond", async () => {
    const names = Array.from({ length: 16 }, (_, at) => [`s${at}`, long]);
    const { artifact, collection } = await shelve(Object.fromEntries(names));
    const fields = { tools: SKILLS, tool_context: [artifact()] };
    const { id } = await begin(fields, [DONE], history("+s0"));
    expect((await ended(id)).status).toBe("completed");
    await createSkill("s16", { ...long, collection });
    const { code, body } = await start({ ...prepare(DONE).body, ...fields });
    expect([code, body.detail]).toMatchObject([
      422,
      [
        {
          loc: ["body", "tool_context", 0, "skill_filter"],
          msg: expect.stringMatching(/more than \d+ char/),
        },
      ],
    ]);
  });
});

describe("a container's skills", () => {
  test("are there all along where the upstream has no containers, and stay here", async () => {
    const { made } = await shelve({ a: {}, b: {} });
    const first = made.a as SkillReply;
    const skills = [
      { type: "custom", skill_id: first.id, version: first.latest_version },
      { type: "custom", skill_id: made.b?.id, version: "latest" },
      { type: "anthropic", skill_id: "pdf", version: "latest" },
    ];
    const playing = await begin({ container: { skills } }, [DONE]);
    expect(await turnsOf(playing, 1)).toEqual([["", "a b", ""]]);
    expect((await askedFirst(playing)).container).toEqual({ skills: skills.slice(2) });
  });

  const PDF = [{ type: "anthropic", skill_id: "pdf", version: "latest" }];
  test.for<[model: string, answer: Answer | Step[], sent: unknown, ignored: string[]]>([
    ["script-anthropic", DONE, { skills: PDF }, []],
    ["script-openai", openaiText(["Done."]), undefined, ["container"]],
  ])(
    "that are none of ours are not lost where it is ours: %s",
    async ([model, answer, sent, ignored]) => {
      const tools = [{ type: "code_execution_20250825", name: "code_execution" }];
      const container = { id: crypto.randomUUID(), skills: PDF };
      const playing = await begin({ model, tools, container }, [answer]);
      expect((await askedFirst(playing)).container).toEqual(sent);
      expect((await ended(playing.id)).metadata.ignored_fields).toEqual(ignored);
    },
  );
});
