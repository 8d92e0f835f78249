// The object that tables are queried in, and the tool as a model uses it.

import { env } from "cloudflare:workers";
import type { Artifact } from "../../src/protocol/artifact.ts";
import type { TablesObject } from "../../src/tools/tables/object.ts";
import { type TabularMeans, tabularAnalysis } from "../../src/tools/tables/tabular.ts";
import type { ServerTool } from "../../src/tools/tool.ts";

declare global {
  namespace Cloudflare {
    interface Env {
      TABLES: DurableObjectNamespace<TablesObject>;
    }
  }
}

export interface Given {
  /** An address, under which the text is found; anything else for text in the request itself. */
  source: string;
  /** None: nothing answers there. */
  text?: string;
}

export function tablesObject(name: string = crypto.randomUUID()): DurableObjectStub<TablesObject> {
  return env.TABLES.getByName(name);
}

/** A tool over `given`, with an object of its own. */
export function makeTabular(
  given: readonly Given[],
  means: Partial<TabularMeans> = {},
): ServerTool {
  const name = crypto.randomUUID();
  const artifacts = given.map(({ source, text = "" }): Artifact => {
    return URL.canParse(source) ? { type: "uri", value: source } : { type: "text", value: text };
  });
  return tabularAnalysis({ type: "tabular_analysis_v1" }, artifacts, {
    outbound: async (url) => {
      const text = given.find(({ source }) => source === url)?.text;
      if (text === undefined) return { ok: false, refusal: { reason: "unreachable" } };
      const bytes = new TextEncoder().encode(text);
      return { ok: true, fetched: { url, contentType: "text/plain", bytes } };
    },
    open: () => tablesObject(name),
    maxRows: 100,
    ...means,
  });
}
