// What is answered, as JSON Schema. What is asked comes from the very schema that checks it.

import { toJSONSchema, type ZodType } from "zod";
import { messageRequest } from "../../protocol/request.ts";
import { skillBody } from "../../protocol/skill.ts";
import { WEBHOOK_EVENTS } from "../../protocol/webhook.ts";
import { toRef } from "./operation.ts";

type Schema = Record<string, unknown>;

const string = { type: "string" };
const integer = { type: "integer" };
const time = { type: "string", format: "date-time" };
const nullable = (schema: Schema): Schema => ({ anyOf: [schema, { type: "null" }] });
const object = (
  properties: Record<string, Schema>,
  required = Object.keys(properties),
): Schema => ({
  type: "object",
  properties,
  required,
});

const status = {
  type: "string",
  enum: ["pending", "processing", "completed", "cancelled", "error"],
};
const usage = {
  ...object({ input_tokens: integer, output_tokens: integer }),
  additionalProperties: true,
};
const block = { ...object({ type: string }), additionalProperties: true };

/** Its type beside its other members. */
const event = (type: string, properties: Record<string, Schema> = {}): Schema =>
  object({ type: { const: type }, ...properties });

const EVENTS: Record<string, Schema> = {
  MessageStartEvent: event("message_start", { message: toRef("Message") }),
  ContentBlockStartEvent: event("content_block_start", { index: integer, content_block: block }),
  ContentBlockDeltaEvent: event("content_block_delta", { index: integer, delta: block }),
  ContentBlockStopEvent: event("content_block_stop", { index: integer }),
  MessageDeltaEvent: event("message_delta", {
    delta: object({ stop_reason: nullable(string), stop_sequence: nullable(string) }),
    usage,
  }),
  MessageStopEvent: event("message_stop"),
  ErrorEvent: event("error", { error: object({ type: string, message: string }) }),
  RecoveryEvent: event("recovery", {
    mode: { enum: ["continue", "restart"] },
    after: { ...integer, description: "The id of the last event before the run was lost." },
    attempt: integer,
  }),
};

const boolean = { type: "boolean" };
const pageOf = (item: string): Schema =>
  object({
    data: { type: "array", items: toRef(item) },
    has_more: boolean,
    next_page: nullable(string),
  });

const SKILLS: Record<string, Schema> = {
  Skill: object({
    id: string,
    type: { const: "skill" },
    display_title: string,
    display_name: string,
    latest_version: nullable(string),
    latest_version_id: nullable(string),
    source: string,
    collection: string,
    loading: { enum: ["eager", "lazy"] },
    readonly: boolean,
    created_at: time,
    updated_at: time,
  }),
  SkillVersion: object({
    id: string,
    type: { const: "skill_version" },
    skill_id: string,
    version: string,
    name: string,
    description: string,
    directory: string,
    created_at: time,
  }),
  SkillList: pageOf("Skill"),
  SkillVersionList: pageOf("SkillVersion"),
  SkillValidation: object({
    valid: boolean,
    name: nullable(string),
    description: nullable(string),
    errors: { type: "array", items: string },
  }),
  Deleted: object({ id: string, type: string }),
};

const CONTAINERS: Record<string, Schema> = {
  Container: object({
    id: string,
    type: { const: "container" },
    created_at: time,
    expires_at: time,
    files: integer,
    bytes: integer,
  }),
  File: object({ path: string, size: integer, modified_at: time }),
  FileList: pageOf("File"),
  WrittenFile: object({ path: string, size: integer }),
  Bytes: { type: "string", format: "binary" },
};

/** What a schema that checks takes. */
function toInput(schema: ZodType): Schema {
  const { $schema: _, ...input } = toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
  }) as Schema;
  return input;
}

/** The same fields, with files as forms have them. */
function toForm(skill: Schema): Schema {
  const files = { type: "array", items: { type: "string", format: "binary" } };
  return { ...skill, properties: { ...(skill.properties as Schema), files } };
}

export function schemas(): Record<string, Schema> {
  const skill = toInput(skillBody);
  return {
    MessageRequest: toInput(messageRequest),
    SkillRequest: skill,
    SkillForm: toForm(skill),
    ...SKILLS,
    ...CONTAINERS,
    Message: object({
      id: string,
      type: { const: "message" },
      role: { const: "assistant" },
      model: string,
      content: { type: "array", items: block },
      stop_reason: nullable(string),
      stop_sequence: nullable(string),
      usage,
    }),
    Started: object({ message_id: string, status, message: string }),
    TokenRequest: object(
      {
        scope: { enum: ["observe", "control"] },
        hide: { type: "array", items: { enum: ["thinking", "tool_input"] } },
        expires_in: { ...integer, description: "Seconds." },
      },
      [],
    ),
    Token: object({ token: string, expires_at: time }),
    Status: object({
      message_id: string,
      status,
      created_at: time,
      updated_at: time,
      completed_at: nullable(time),
      error_message: nullable(string),
      stream_type: { const: "chat_completion" },
      metadata: { type: "object" },
    }),
    Ended: object({
      type: { enum: [...WEBHOOK_EVENTS] },
      timestamp: time,
      data: object(
        {
          message_id: string,
          status,
          stop_reason: nullable(string),
          usage,
          error: object({ type: string, message: string }),
          correlation_id: nullable(string),
          metadata: nullable({ type: "object" }),
          message: {
            ...toRef("Message"),
            description: "Absent where it is long: it can be asked for.",
          },
        },
        ["message_id", "status", "stop_reason", "usage", "correlation_id", "metadata"],
      ),
    }),
    Validation: object({
      valid: { type: "boolean" },
      errors: nullable({ type: "array", items: string }),
    }),
    TokenCount: object({ input_tokens: integer }),
    Model: object({ id: string, type: { const: "model" }, display_name: string, created_at: time }),
    ModelList: object({
      data: { type: "array", items: toRef("Model") },
      first_id: nullable(string),
      last_id: nullable(string),
      has_more: { type: "boolean" },
    }),
    LoggedEvent: object({ id: integer, event: string, data: toRef("StreamEvent") }),
    StreamEvent: { oneOf: Object.keys(EVENTS).map(toRef), discriminator: { propertyName: "type" } },
    ...EVENTS,
    Problem: object({
      type: { const: "error" },
      error: object({ type: string, message: string }),
      detail: {
        anyOf: [
          string,
          { type: "array", items: object({ loc: { type: "array" }, msg: string, type: string }) },
        ],
      },
      request_id: string,
    }),
  };
}
