// Which version of what was put into a container from outside: skills, and the files of requests. The
// only code that knows the table `brought`.

const TABLE =
  "CREATE TABLE IF NOT EXISTS brought (path TEXT PRIMARY KEY, version TEXT NOT NULL) STRICT";

export class Brought {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(TABLE);
  }

  has(path: string, version: string): boolean {
    const select = "SELECT 1 FROM brought WHERE path = ? AND version = ?";
    return this.#sql.exec(select, path, version).toArray().length > 0;
  }

  note(path: string, version: string): void {
    this.#sql.exec("INSERT OR REPLACE INTO brought VALUES (?, ?)", path, version);
  }
}
