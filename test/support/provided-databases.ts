// The databases that node/databases.ts starts, as tests get to know of them.

declare module "vitest" {
  interface ProvidedContext {
    /** Empty where PostgreSQL is not installed. */
    postgres: string;
    /** The same through PgBouncer; empty where that is not installed. */
    pooler: string;
    /** PEM: that of the server, for `localhost`. */
    certificate: string;
    hostileDatabases: Record<HostileDatabase, string>;
  }
}

/** What may listen where a database should be. */
export type HostileDatabase =
  | "silent"
  | "hanging_up"
  | "plain"
  | "injecting"
  | "endless"
  | "not_postgres";
