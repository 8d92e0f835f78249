// What the Worker exports: the API and the objects behind it.

import { app } from "./http/app.ts";

export { MessageObject } from "./message/object.ts";
export { ContainerObject } from "./tools/container/object.ts";
export { SkillsObject } from "./tools/skills/object.ts";
export { TablesObject } from "./tools/tables/object.ts";

export default { fetch: app.fetch };
