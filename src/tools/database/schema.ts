// What there is in a database, told so that a model can write queries on it.

import type { Ask, DatabaseArtifact } from "./session.ts";
import { toLiteral, toTexts } from "./value.ts";

/** Objects read at once; more of them are asked for by name. */
const MAX_OBJECTS = 1_000;

/** In UTF-16 units. What is longer is told by name alone. */
const MAX_LENGTH = 24_000;

/** All that the artifact makes known, or what of it is called `name`, or is in the schema `name`. */
export async function tellSchema(
  ask: Ask,
  artifact: DatabaseArtifact,
  name: string | undefined,
): Promise<string> {
  const { rows } = await ask(toCatalogQuery(artifact, name));
  const objects = rows.map(toTexts).map(([title = "", body = ""]) => ({ title, body }));
  if (objects.length === 0) return `There is nothing${name ? ` called ${name}` : ""} to be read.`;
  const whole = objects.map(({ title, body }) => `${title}${body}`).join("\n");
  if (objects.length < MAX_OBJECTS && whole.length <= MAX_LENGTH) return whole;
  const titles = objects.map(({ title }) => title).join("\n");
  const told = titles.slice(0, MAX_LENGTH).toWellFormed();
  return `Too much to tell at once. Ask for one by its name, or for a schema.\n${told}`;
}

/** https://www.postgresql.org/docs/current/catalogs.html. Only what this user may read or call. */
function toCatalogQuery(artifact: DatabaseArtifact, name: string | undefined): string {
  const { enable_tables, enable_views, enable_functions, enable_procedures } = artifact;
  const relations = [enable_tables !== false && "r,p,f", enable_views !== false && "v,m"];
  const routines = [enable_functions !== false && "f,a,w", enable_procedures !== false && "p"];
  const { schemas = [] } = artifact;
  const inSchemas =
    schemas.length > 0
      ? `n.nspname in (${schemas.map(toLiteral)})`
      : "n.nspname !~ '^pg_' and n.nspname <> 'information_schema'";
  const isNamed = (object: string) =>
    name === undefined
      ? "true"
      : `lower(${toLiteral(name)}) in (lower(n.nspname), lower(${object}), lower(n.nspname || '.' || ${object}))`;
  return `
    select title, body from (
      select n.nspname as schema, 1 as place, c.relname as name,
        format('%s %I.%I', case c.relkind when 'v' then 'view' when 'm' then 'materialized view'
          when 'f' then 'foreign table' else 'table' end, n.nspname, c.relname) as title,
        format(' (%s)', concat_ws(', ',
          (select string_agg(concat_ws(' ', quote_ident(a.attname),
              format_type(a.atttypid, a.atttypmod), case when a.attnotnull then 'not null' end,
              '/* ' || col_description(c.oid, a.attnum) || ' */'), ', ' order by a.attnum)
            from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped),
          (select string_agg(pg_get_constraintdef(k.oid), ', ' order by k.contype desc, k.conname)
            from pg_constraint k where k.conrelid = c.oid and k.contype in ('p', 'u', 'f'))))
          || coalesce(' -- ' || obj_description(c.oid, 'pg_class'), '') as body
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in (${toKinds(relations)}) and not c.relispartition
        and has_schema_privilege(n.oid, 'usage') and has_any_column_privilege(c.oid, 'select')
        and ${inSchemas} and ${isNamed("c.relname")}
      union all
      select n.nspname, 2, p.proname,
        format('%s %I.%I', case p.prokind when 'p' then 'procedure, not to be called:'
          else 'function' end, n.nspname, p.proname),
        format('(%s)', pg_get_function_arguments(p.oid))
          || coalesce(' returns ' || pg_get_function_result(p.oid), '')
          || coalesce(' -- ' || obj_description(p.oid, 'pg_proc'), '')
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where p.prokind in (${toKinds(routines)}) and p.prorettype <> 'trigger'::regtype
        and has_schema_privilege(n.oid, 'usage') and has_function_privilege(p.oid, 'execute')
        and not exists (select from pg_depend d
          where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
        and ${inSchemas} and ${isNamed("p.proname")}
    ) objects order by schema, place, name limit ${MAX_OBJECTS}`;
}

/** None is a kind as well: that of nothing. */
function toKinds(letters: readonly (string | false)[]): string {
  const kinds = letters.flatMap((some) => (some ? some.split(",") : []));
  return (kinds.length > 0 ? kinds : [""]).map((kind) => `'${kind}'`).join(",");
}
