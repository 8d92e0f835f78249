// The skills of one tenant in SQLite: their versions and their files.

import { concat } from "../../lib/bytes.ts";
import type { Folder, SkillFile } from "./folder.ts";
import {
  MAX_TEXT_LENGTH,
  type NamedSkill,
  type Resolved,
  type Skill,
  type SkillFilter,
  type Wanted,
} from "./skill.ts";
import type { SkillText } from "./skill-file.ts";
import { type SkillRow, TABLES, type VersionRow } from "./tables.ts";

const MAX_SKILLS = 1_000;
const MAX_VERSIONS = 100;
const MAX_BYTES = 1024 ** 3;

const PIECE_BYTES = 1_500_000;

export interface NewSkill {
  id: string;
  versionId: string;
  collection: string;
  displayTitle: string;
  source: string;
  loading: "eager" | "lazy";
  readonly: boolean;
}

export interface Page<Row> {
  rows: Row[];
  hasMore: boolean;
}

export interface Paging {
  limit: number;
  /** Go on below this `seq` or `version`. */
  below?: number | undefined;
}

const SKILLS = `SELECT skill.*, latest.version AS latest, latest.id AS latest_id FROM skill
  LEFT JOIN version AS latest ON latest.skill_id = skill.id AND latest.version = (
    SELECT max(version) FROM version WHERE skill_id = skill.id AND deleted_at IS NULL)`;

const VERSIONS = "SELECT id, skill_id, version, name, description FROM version";

/** Versions without what they say, which may be long. */
const PINS = `SELECT version.id, skill_id, version, name, loading
  FROM version JOIN skill ON skill.id = skill_id`;

type PinRow = Pick<VersionRow, "id" | "skill_id" | "version" | "name"> & Pick<SkillRow, "loading">;

type Pin = PinRow & Pick<Skill, "via">;

export class SkillStore {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
    for (const table of TABLES) this.#sql.exec(table);
  }

  /** A sentence, where there is no room. */
  create(skill: NewSkill, folder: Folder, now: number): string | undefined {
    const { id, versionId, collection, displayTitle, source, loading, readonly } = skill;
    const fault =
      this.#fullness(folder) ?? (this.#count("skill") >= MAX_SKILLS ? TOO_MANY : undefined);
    if (fault !== undefined) return fault;
    this.#storage.transactionSync(() => {
      this.#sql.exec(
        `INSERT INTO skill
          (id, collection, display_title, source, loading, readonly, created_at, updated_at)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
        ...[id, collection, displayTitle, source, loading, readonly ? 1 : 0, now, now],
      );
      this.#write(id, versionId, folder, now);
    });
    return undefined;
  }

  /** A sentence, where there is no room. */
  addVersion(skillId: string, versionId: string, folder: Folder, now: number): string | undefined {
    const count = this.#count("version", "skill_id = ? AND deleted_at IS NULL", skillId);
    const fault = this.#fullness(folder) ?? (count >= MAX_VERSIONS ? TOO_MANY_VERSIONS : undefined);
    if (fault !== undefined) return fault;
    this.#storage.transactionSync(() => {
      this.#write(skillId, versionId, folder, now);
      this.#touch(skillId, now);
    });
    return undefined;
  }

  list(collection: string, source: string | undefined, { limit, below }: Paging): Page<SkillRow> {
    const rows = this.#sql.exec<SkillRow>(
      `${SKILLS} WHERE collection = ? AND seq < ? AND source = ifnull(?, source)
        ORDER BY seq DESC LIMIT ?`,
      ...[collection, below ?? Number.MAX_SAFE_INTEGER, source ?? null, limit + 1],
    );
    return toPage(rows.toArray(), limit);
  }

  find(id: string, collection: string): SkillRow | undefined {
    const where = "WHERE skill.id = ? AND collection = ?";
    return this.#sql.exec<SkillRow>(`${SKILLS} ${where}`, id, collection).toArray()[0];
  }

  /** Its versions stay where messages find them, until they are swept. */
  remove(id: string, now: number): void {
    this.#storage.transactionSync(() => {
      this.#sql.exec(
        "UPDATE version SET deleted_at = ? WHERE skill_id = ? AND deleted_at IS NULL",
        ...[now, id],
      );
      this.#sql.exec("DELETE FROM skill WHERE id = ?", id);
    });
  }

  listVersions(skillId: string, { limit, below }: Paging): Page<VersionRow> {
    const rows = this.#sql.exec<VersionRow>(
      `${VERSIONS} WHERE skill_id = ? AND version < ? AND deleted_at IS NULL
        ORDER BY version DESC LIMIT ?`,
      ...[skillId, below ?? Number.MAX_SAFE_INTEGER, limit + 1],
    );
    return toPage(rows.toArray(), limit);
  }

  /** By its token, or by its id. */
  findVersion(skillId: string, name: string): VersionRow | undefined {
    const where =
      "WHERE skill_id = ? AND (id = ? OR CAST(version AS TEXT) = ?) AND deleted_at IS NULL";
    return this.#sql.exec<VersionRow>(`${VERSIONS} ${where}`, skillId, name, name).toArray()[0];
  }

  removeVersion({ id, skill_id }: VersionRow, now: number): void {
    this.#storage.transactionSync(() => {
      this.#sql.exec("UPDATE version SET deleted_at = ? WHERE id = ?", now, id);
      this.#touch(skill_id, now);
    });
  }

  /** What a message gets: of each name the first, those that a container names before all others. */
  resolve({ filters, named }: Wanted): Resolved {
    const pins = new Map<string, Pin>();
    const keep = (pin: Pin) => void (pins.has(pin.name) || pins.set(pin.name, pin));
    const isMissing = named.map((one) => {
      const pin = this.#pinNamed(one);
      if (pin) keep({ ...pin, loading: "eager", via: "container" });
      return !pin;
    });
    const unknown = filters.map((filter) => this.#keepAll(filter, keep));
    return { skills: this.#readAll(pins.values()), unknown, isMissing };
  }

  files(versionId: string): SkillFile[] {
    const rows = this.#sql.exec<{ path: string; bytes: ArrayBuffer }>(
      "SELECT path, bytes FROM file WHERE version_id = ? ORDER BY path, piece",
      versionId,
    );
    const pieces = new Map<string, Uint8Array[]>();
    for (const { path, bytes } of rows) {
      pieces.set(path, [...(pieces.get(path) ?? []), new Uint8Array(bytes)]);
    }
    return Array.from(pieces, ([path, parts]) => ({ path, content: concat(parts) }));
  }

  /** Erases what was deleted before `before`. True where more is left for later. */
  sweep(before: number): boolean {
    this.#storage.transactionSync(() => {
      const old = "SELECT id FROM version WHERE deleted_at <= ?";
      this.#sql.exec(`DELETE FROM file WHERE version_id IN (${old})`, before);
      this.#sql.exec("DELETE FROM version WHERE deleted_at <= ?", before);
    });
    return this.#count("version", "deleted_at IS NOT NULL") > 0;
  }

  /** The newest first, versions before the latest of others. What of the ids is not there: their places. */
  #keepAll({ collection, ids }: SkillFilter, keep: (pin: Pin) => void): number[] {
    if (!ids) {
      const rows = this.#sql.exec<PinRow>(
        `${PINS} WHERE collection = ? AND deleted_at IS NULL AND version = (
          SELECT max(version) FROM version AS other
          WHERE other.skill_id = skill.id AND other.deleted_at IS NULL)
          ORDER BY seq DESC`,
        collection,
      );
      for (const row of rows) keep({ ...row, via: "artifact" });
      return [];
    }
    const latest: PinRow[] = [];
    const unknown: number[] = [];
    for (const [at, id] of ids.entries()) {
      const version = this.#pin("version.id = ? AND collection = ?", id, collection);
      const skill = version ?? this.#pin("skill.id = ? AND collection = ?", id, collection);
      if (version) keep({ ...version, via: "artifact" });
      else if (skill) latest.push(skill);
      else unknown.push(at);
    }
    for (const row of latest) keep({ ...row, via: "artifact" });
    return unknown;
  }

  /** One that a container names: of any collection. */
  #pinNamed({ skillId, version }: NamedSkill): PinRow | undefined {
    if (version === undefined) return this.#pin("skill.id = ?", skillId);
    const where = "skill.id = ? AND (version.id = ? OR CAST(version AS TEXT) = ?)";
    return this.#pin(where, skillId, version, version);
  }

  #pin(where: string, ...bindings: string[]): PinRow | undefined {
    const order = "deleted_at IS NULL ORDER BY version DESC LIMIT 1";
    return this.#sql.exec<PinRow>(`${PINS} WHERE ${where} AND ${order}`, ...bindings).toArray()[0];
  }

  /** Null where they are too long: no more of them is read than that. */
  #readAll(pins: Iterable<Pin>): Skill[] | null {
    const skills: Skill[] = [];
    let length = 0;
    for (const pin of pins) {
      const { text } = this.#sql
        .exec<{ text: string }>("SELECT text FROM version WHERE id = ?", pin.id)
        .one();
      length += text.length;
      if (length > MAX_TEXT_LENGTH) return null;
      skills.push(toSkill(pin, text));
    }
    return skills;
  }

  #write(skillId: string, id: string, { text, files }: Folder, now: number): void {
    const [row] = this.#sql
      .exec<{ last: number | null }>("SELECT max(version) AS last FROM version")
      .toArray();
    // Two of one moment are two all the same, and a clock that is set back changes no order.
    const version = Math.max(now * 1_000, (row?.last ?? 0) + 1);
    this.#sql.exec(
      "INSERT INTO version (id, skill_id, version, name, description, text, size) VALUES (?, ?, ?, ?, ?, ?, ?)",
      ...[id, skillId, version, text.name, text.description, JSON.stringify(text), sizeOf(files)],
    );
    for (const { path, content } of files) {
      for (let piece = 0; piece === 0 || piece * PIECE_BYTES < content.byteLength; piece += 1) {
        const bytes = content.slice(piece * PIECE_BYTES, (piece + 1) * PIECE_BYTES);
        this.#sql.exec("INSERT INTO file VALUES (?, ?, ?, ?)", id, path, piece, bytes.buffer);
      }
    }
  }

  #touch(id: string, now: number): void {
    this.#sql.exec("UPDATE skill SET updated_at = ? WHERE id = ?", now, id);
  }

  #fullness({ files }: Folder): string | undefined {
    const [row] = this.#sql
      .exec<{ size: number }>("SELECT ifnull(sum(size), 0) AS size FROM version")
      .toArray();
    return (row?.size ?? 0) + sizeOf(files) > MAX_BYTES ? TOO_MUCH : undefined;
  }

  #count(table: "skill" | "version", where = "TRUE", ...bindings: string[]): number {
    const query = `SELECT count(*) AS count FROM ${table} WHERE ${where}`;
    return this.#sql.exec<{ count: number }>(query, ...bindings).one().count;
  }
}

const TOO_MANY = `there are ${MAX_SKILLS} skills already: delete some first`;
const TOO_MANY_VERSIONS = `the skill has ${MAX_VERSIONS} versions already: delete some first`;
const TOO_MUCH =
  `there are ${MAX_BYTES} bytes of skills already, or would be: delete some; they are erased once ` +
  "no message can have them any more";

function toSkill({ id, skill_id, version, loading, via }: Pin, text: string): Skill {
  const { name, description, body, allowedTools } = JSON.parse(text) as SkillText;
  const said = { name, description, body, ...(allowedTools && { allowedTools }) };
  return { skillId: skill_id, versionId: id, version: String(version), ...said, loading, via };
}

function toPage<Row>(rows: Row[], limit: number): Page<Row> {
  return { rows: rows.slice(0, limit), hasMore: rows.length > limit };
}

function sizeOf(files: readonly SkillFile[]): number {
  return files.reduce((sum, { content }) => sum + content.byteLength, 0);
}
