// GET /openapi.json. Nothing of the document is made before somebody asks for it.

import { Hono } from "hono";
import type { App } from "../context.ts";
import { only } from "../method.ts";

export const openapi = new Hono<App>();

let text: Promise<string> | undefined;

openapi
  .get("/", async (c) => {
    text ??= import("./document.ts").then(({ createDocument }) => JSON.stringify(createDocument()));
    return c.body(await text, 200, { "content-type": "application/json" });
  })
  .all(only("GET"));
