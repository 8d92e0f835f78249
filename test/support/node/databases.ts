// Starts the databases that the tests query, once for all of them, and says where they are.

import { join } from "node:path";
import type { TestProject } from "vitest/node";
import type {} from "../provided-databases.ts";
import { startHostileDatabases } from "./hostile-databases.ts";
import { startPooler } from "./pooler.ts";
import { startPostgres } from "./postgres.ts";

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const schema = join(import.meta.dirname, "database.sql");
  const [postgres, hostile] = await Promise.all([startPostgres(schema), startHostileDatabases()]);
  if (!postgres) console.warn("PostgreSQL is not installed: what needs it is not tested");
  const pooler = postgres && (await startPooler(postgres.url));
  project.provide("postgres", postgres?.url ?? "");
  project.provide("pooler", pooler?.url ?? "");
  project.provide("certificate", postgres?.certificate ?? "");
  project.provide("hostileDatabases", hostile.urls);
  return async () => {
    await pooler?.stop();
    await Promise.all([postgres?.stop(), hostile.stop()]);
  };
}
