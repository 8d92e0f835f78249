// The Durable Object in which the skills of one tenant are. Its name is the tenant: another tenant's
// skills are simply in another object.

import { DurableObject } from "cloudflare:workers";
import { type Env, settingsOf } from "../../env.ts";
import { randomId } from "../../lib/digest.ts";
import type { Folder, SkillFile } from "./folder.ts";
import type { Resolved, Wanted } from "./skill.ts";
import { type NewSkill, type Page, type Paging, SkillStore } from "./store.ts";
import type { SkillRow, VersionRow } from "./tables.ts";

/** Why nothing was done: there is no such skill or version, or it must not be changed. */
export type Refusal = "unknown" | "unknown_version" | "readonly";

export type Made<Row> = { ok: true; row: Row } | { ok: false; fault: string };

export class SkillsObject extends DurableObject<Env> {
  readonly #store = new SkillStore(this.ctx.storage);

  async create(wish: Omit<NewSkill, "id" | "versionId">, folder: Folder): Promise<Made<SkillRow>> {
    const id = randomId("skill_");
    const skill = { ...wish, id, versionId: randomId("skillver_") };
    const fault = this.#store.create(skill, folder, Date.now());
    const row = this.#store.find(id, wish.collection);
    return row ? { ok: true, row } : { ok: false, fault: fault ?? "" };
  }

  async list(
    collection: string,
    source: string | undefined,
    paging: Paging,
  ): Promise<Page<SkillRow>> {
    return this.#store.list(collection, source, paging);
  }

  async find(id: string, collection: string): Promise<SkillRow | "unknown"> {
    return this.#store.find(id, collection) ?? "unknown";
  }

  async remove(id: string, collection: string): Promise<Refusal | "removed"> {
    const skill = this.#changeable(id, collection);
    if (typeof skill === "string") return skill;
    this.#store.remove(id, Date.now());
    await this.#sweepLater();
    return "removed";
  }

  async addVersion(
    id: string,
    collection: string,
    folder: Folder,
  ): Promise<Made<VersionRow> | Refusal> {
    const skill = this.#changeable(id, collection);
    if (typeof skill === "string") return skill;
    const versionId = randomId("skillver_");
    const fault = this.#store.addVersion(id, versionId, folder, Date.now());
    const row = this.#store.findVersion(id, versionId);
    return row ? { ok: true, row } : { ok: false, fault: fault ?? "" };
  }

  async listVersions(
    id: string,
    collection: string,
    paging: Paging,
  ): Promise<Page<VersionRow> | "unknown"> {
    return this.#store.find(id, collection) ? this.#store.listVersions(id, paging) : "unknown";
  }

  async findVersion(id: string, collection: string, name: string): Promise<VersionRow | Refusal> {
    if (!this.#store.find(id, collection)) return "unknown";
    return this.#store.findVersion(id, name) ?? "unknown_version";
  }

  async removeVersion(id: string, collection: string, name: string): Promise<Refusal | "removed"> {
    const skill = this.#changeable(id, collection);
    if (typeof skill === "string") return skill;
    const version = this.#store.findVersion(id, name);
    if (!version) return "unknown_version";
    this.#store.removeVersion(version, Date.now());
    await this.#sweepLater();
    return "removed";
  }

  async resolve(wanted: Wanted): Promise<Resolved> {
    return this.#store.resolve(wanted);
  }

  /** Of a version that a message has, deleted or not. */
  async files(versionId: string): Promise<SkillFile[]> {
    return this.#store.files(versionId);
  }

  override async alarm(): Promise<void> {
    const isLeft = this.#store.sweep(Date.now() - this.#keptMs());
    if (isLeft) await this.#sweepLater();
  }

  #changeable(id: string, collection: string): SkillRow | "unknown" | "readonly" {
    const skill = this.#store.find(id, collection);
    if (!skill) return "unknown";
    return skill.readonly ? "readonly" : skill;
  }

  /** As long as a message may run that has begun with it. */
  #keptMs(): number {
    return settingsOf(this.env).RUN_DEADLINE_SECONDS * 1_000;
  }

  async #sweepLater(): Promise<void> {
    const due = await this.ctx.storage.getAlarm();
    if (due === null) await this.ctx.storage.setAlarm(Date.now() + this.#keptMs());
  }
}
