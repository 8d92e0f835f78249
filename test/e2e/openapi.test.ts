// The API's own document: whole in itself, and beside that of the system whose clients it serves, where
// that is at hand.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { createDocument } from "../../src/http/openapi/document.ts";
import { REQUEST_FIELDS } from "../../src/protocol/request.ts";
import { emptyMessage } from "../../src/protocol/snapshot.ts";
import { WEBHOOK_EVENTS } from "../../src/protocol/webhook.ts";
import { toPayload } from "../../src/webhooks/payload.ts";
import { ROOT } from "./support/service.ts";

const REFERENCE = `${ROOT}/../shared/reference/privategpt-openapi.json`;

/** Required there in what is answered, and not told here, each with the reason. */
const NOT_TOLD = new Set([
  // What a model can do is for its upstream to say; nothing here knows it.
  "GET /v1/models/{model_id}: max_tokens",
  "GET /v1/models/{model_id}: max_input_tokens",
  "GET /v1/models/{model_id}: capabilities",
]);

type Schema = { $ref?: string; required?: string[]; properties?: Record<string, unknown> };
type Operation = {
  responses: Record<string, { $ref?: string; content?: Record<string, { schema: Schema }> }>;
  requestBody?: { content: Record<string, { schema: Schema }> };
};
type Document = {
  paths: Record<string, Record<string, Operation>>;
  webhooks: Record<string, unknown>;
  components: { schemas: Record<string, Schema>; responses?: Record<string, unknown> };
};

const ours = createDocument() as unknown as Document;

function* operationsOf({ paths }: Document): Generator<[name: string, Operation]> {
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      yield [`${method.toUpperCase()} ${path}`, operation];
    }
  }
}

function requiredIn(document: Document, schema: Schema | undefined): string[] {
  const name = schema?.$ref?.split("/").at(-1);
  const found = name === undefined ? schema : document.components.schemas[name];
  return found?.required ?? [];
}

describe("the document", () => {
  test("refers to nothing that it does not have", () => {
    const refs = JSON.stringify(ours).match(/"#\/components\/[^"]+"/g) ?? [];
    assert.ok(refs.length > 50);
    for (const ref of refs) {
      const [, , kind = "", name = ""] = (JSON.parse(ref) as string).split("/");
      const parts = (ours.components as unknown as Record<string, Record<string, unknown>>)[kind];
      assert.ok(parts?.[name], ref);
    }
  });

  test("has every field that a request can have", () => {
    const { properties = {} } = ours.components.schemas.MessageRequest ?? {};
    for (const field of REQUEST_FIELDS) assert.ok(field in properties, field);
  });

  test("tells of ends what is told of them", () => {
    assert.deepEqual(Object.keys(ours.webhooks), [...WEBHOOK_EVENTS]);
    const schema = ours.components.schemas.Ended?.properties?.data as Schema;
    for (const status of ["completed", "cancelled", "error"] as const) {
      const problem = { reason: "internal" } as const;
      const told = toPayload({
        messageId: "msg_1",
        state: status === "error" ? { status, problem } : { status },
        endedAt: 0,
        stopReason: null,
        usage: { input_tokens: 1, output_tokens: 1 },
        correlationId: null,
        metadata: null,
        message: emptyMessage("msg_1", "model"),
      });
      const data = Object.keys(JSON.parse(told).data);
      assert.deepEqual(
        data.filter((field) => !(field in (schema.properties ?? {}))),
        [],
      );
      assert.deepEqual(
        schema.required?.filter((field) => !data.includes(field)),
        [],
      );
    }
  });

  const skip = existsSync(REFERENCE) ? false : "the reference document is not here: NOT compared";
  test("has the paths of the reference, and what it requires of answers", { skip }, () => {
    const reference = JSON.parse(readFileSync(REFERENCE, "utf8")) as Document;
    const mine = new Map(operationsOf(ours));
    const missing: string[] = [];
    for (const [name, operation] of operationsOf(reference)) {
      const own = mine.get(name);
      assert.ok(own, `${name} is not there`);
      const answer = (document: Document, { responses }: Operation) =>
        requiredIn(document, responses["200"]?.content?.["application/json"]?.schema);
      const told = new Set(answer(ours, own));
      const lacking = answer(reference, operation).filter((field) => !told.has(field));
      missing.push(...lacking.map((field) => `${name}: ${field}`));
    }
    assert.deepEqual(new Set(missing), NOT_TOLD);
  });
});
