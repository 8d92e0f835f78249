// The container of a message: the one that its request names, or one of its own; with what the request
// brings, and the skills that are loaded.

import type { MessageRequest } from "../protocol/request.ts";
import { isBuiltInTool, type Tool } from "../protocol/tool.ts";
import { artifactsOf, builtInName, containerId, isContainerTool } from "../tools/catalogue.ts";
import { Container } from "../tools/container/container.ts";
import { type ContainerToolName, ownContainerId } from "../tools/container/names.ts";
import { MAX_FILE_BYTES } from "../tools/container/nodes.ts";
import { containerTools } from "../tools/container/tools.ts";
import { nameUploads, readUpload } from "../tools/container/uploads.ts";
import { createOutbound } from "../tools/outbound.ts";
import { mountsOf } from "../tools/skills/mounts.ts";
import type { Skill } from "../tools/skills/skill.ts";
import { standingIn } from "../tools/skills/turn.ts";
import type { ServerTool } from "../tools/tool.ts";
import { objectOf } from "./jurisdiction.ts";
import { blocksOf } from "./turn-request.ts";
import { judgeOf, type Workshop } from "./workshop.ts";

/** More than a container takes of one file need not be fetched. */
const FETCH_LIMITS = { maxBytes: MAX_FILE_BYTES, timeoutMs: 30_000 };

export interface OpenContainer {
  container: Container;
  /** Those that `tool` of the request stands for. */
  tools(tool: Tool): ServerTool[];
}

/** Undefined where no tool of the request works in one. */
export async function openContainer(
  request: MessageRequest,
  skills: readonly Skill[] | undefined,
  { env, opening, content }: Workshop,
): Promise<OpenContainer | undefined> {
  const tools = request.tools?.filter(isContainerTool) ?? [];
  if (tools.length === 0) return undefined;
  const { tenant, messageId, createdAt } = opening;
  const id = containerId(request) ?? ownContainerId(messageId, createdAt);
  const outbound = createOutbound({ judge: judgeOf(env, "uri"), ...FETCH_LIMITS });
  const uploads = await nameUploads(tools.flatMap((tool) => contextOf(tool, request)));
  const container = new Container({
    id,
    object: objectOf(env.CONTAINERS, env, tenant, id),
    uploads: uploads.map((one) => (signal) => readUpload(one, outbound, signal)),
    mounts: () => {
      if (!skills) return [];
      const said = [...blocksOf(request.messages), ...content()];
      return mountsOf(standingIn(request, skills, said), env.SKILLS.getByName(tenant));
    },
  });
  const paths = uploads.map(({ path }) => path);
  const make = (tool: Tool) =>
    containerTools(builtInName(tool) as ContainerToolName, tool, container, paths);
  return { container, tools: make };
}

function contextOf(tool: Tool, request: MessageRequest) {
  return isBuiltInTool(tool) ? artifactsOf(tool, request) : (request.tool_context ?? []);
}
