// The endpoints of skills, one row each.

import { inPath, inQuery, json, type Operation } from "./operation.ts";

const collection = inQuery("collection", "`default` where it is not named.");
const paging = [
  inQuery("limit", "How many at most; 20 unless said.", "integer"),
  inQuery("page", "The `next_page` of the page before."),
];
const skill = inPath("skill_id", "Its id.");
const version = inPath("version", "Its token, or its id.");
const ONE = "/v1/skills/{skill_id}";
const VERSIONS = `${ONE}/versions`;

const sent = { takes: "SkillRequest", takesForm: "SkillForm" };

export const SKILL_OPERATIONS: readonly Operation[] = [
  {
    method: "post",
    path: "/v1/skills",
    summary: "Make a skill of files with a SKILL.md at their root.",
    ...sent,
    answers: { 200: { description: "The skill, with its first version.", content: json("Skill") } },
    problems: [413, 422],
  },
  {
    method: "get",
    path: "/v1/skills",
    summary: "The skills of a collection, the newest first.",
    parameters: [collection, inQuery("source", "Only those from there."), ...paging],
    answers: { 200: { description: "A page of them.", content: json("SkillList") } },
    problems: [422],
  },
  {
    method: "post",
    path: "/v1/skills/validate",
    summary: "What making a skill would say of these files, without making it.",
    ...sent,
    answers: { 200: { description: "The verdict.", content: json("SkillValidation") } },
    problems: [413, 422],
  },
  {
    method: "get",
    path: ONE,
    summary: "One skill.",
    parameters: [skill, collection],
    answers: { 200: { description: "The skill.", content: json("Skill") } },
    problems: [404, 422],
  },
  {
    method: "delete",
    path: ONE,
    summary: "Delete a skill and its versions. Messages that have begun with it keep it.",
    parameters: [skill, collection],
    answers: { 200: { description: "It is gone.", content: json("Deleted") } },
    problems: [403, 404, 422],
  },
  {
    method: "post",
    path: VERSIONS,
    summary: "Add a version, which is the latest from then on.",
    parameters: [skill],
    ...sent,
    answers: { 200: { description: "The version.", content: json("SkillVersion") } },
    problems: [403, 404, 413, 422],
  },
  {
    method: "get",
    path: VERSIONS,
    summary: "The versions of a skill, the newest first.",
    parameters: [skill, collection, ...paging],
    answers: { 200: { description: "A page of them.", content: json("SkillVersionList") } },
    problems: [404, 422],
  },
  {
    method: "get",
    path: `${VERSIONS}/{version}`,
    summary: "One version.",
    parameters: [skill, version, collection],
    answers: { 200: { description: "The version.", content: json("SkillVersion") } },
    problems: [404, 422],
  },
  {
    method: "delete",
    path: `${VERSIONS}/{version}`,
    summary: "Delete a version. Messages that have begun with it keep it.",
    parameters: [skill, version, collection],
    answers: { 200: { description: "It is gone.", content: json("Deleted") } },
    problems: [403, 404, 422],
  },
];
