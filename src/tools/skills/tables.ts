// The tables in which the skills of a tenant are, and the rows that are read from them.

export const TABLES = [
  `CREATE TABLE IF NOT EXISTS skill (
    seq           INTEGER PRIMARY KEY AUTOINCREMENT, -- the order in which they were made, and the cursor
    id            TEXT NOT NULL UNIQUE,
    collection    TEXT NOT NULL,
    display_title TEXT NOT NULL,
    source        TEXT NOT NULL,
    loading       TEXT NOT NULL,
    readonly      INTEGER NOT NULL,
    created_at    INTEGER NOT NULL, -- milliseconds
    updated_at    INTEGER NOT NULL
  ) STRICT`,
  "CREATE INDEX IF NOT EXISTS skill_by_collection ON skill (collection, seq)",
  `CREATE TABLE IF NOT EXISTS version (
    id          TEXT PRIMARY KEY,
    skill_id    TEXT NOT NULL,
    version     INTEGER NOT NULL,  -- microseconds: the token, and the order
    name        TEXT NOT NULL,
    description TEXT NOT NULL,
    text        TEXT NOT NULL,     -- SkillText as JSON
    size        INTEGER NOT NULL,  -- bytes of all files
    deleted_at  INTEGER            -- a deleted one is kept for the messages that have begun with it
  ) STRICT`,
  "CREATE INDEX IF NOT EXISTS version_by_skill ON version (skill_id, version)",
  `CREATE TABLE IF NOT EXISTS file (
    version_id TEXT NOT NULL,
    path       TEXT NOT NULL,
    piece      INTEGER NOT NULL,   -- 0, 1, 2 …: a row holds 2 MB
    bytes      BLOB NOT NULL,
    PRIMARY KEY (version_id, path, piece)
  ) STRICT`,
];

export type SkillRow = {
  seq: number;
  id: string;
  collection: string;
  display_title: string;
  source: string;
  loading: "eager" | "lazy";
  readonly: number;
  created_at: number;
  updated_at: number;
  /** Those of the latest version; null where all have been deleted. */
  latest: number | null;
  latest_id: string | null;
};

export type VersionRow = {
  id: string;
  skill_id: string;
  version: number;
  name: string;
  description: string;
};
