// The reference: operations, fields, events and problems, drawn from the deployment's own document.

import { find, make } from "./elements.ts";
import {
  type Field,
  fieldsOf,
  nameOf,
  referencesOf,
  type Schema,
  typeOf,
} from "./schema-fields.ts";

interface Answer {
  $ref?: string;
  description?: string;
  content?: Record<
    string,
    { schema?: Schema; example?: unknown; examples?: Record<string, { value: unknown }> }
  >;
}

interface Operation {
  summary: string;
  parameters?: {
    name: string;
    in: string;
    required?: boolean;
    description?: string;
    schema: Schema;
  }[];
  requestBody?: Answer;
  responses: Record<string, Answer>;
}

interface Document {
  info: { description: string };
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema>; responses: Record<string, Answer> };
}

function draw({ info, paths, components }: Document): void {
  find("description").textContent = info.description;
  const schemas = Object.entries(components.schemas);
  const isEvent = ([name]: [string, Schema]): boolean => name.endsWith("Event");
  addPart(
    "Operations",
    Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => drawOperation(method, path, operation)),
    ),
  );
  addPart("Events", schemas.filter(isEvent).map(drawSchema));
  addPart("Problems", Object.entries(components.responses).map(drawProblem));
  addPart("Fields", schemas.filter((entry) => !isEvent(entry)).map(drawSchema));
}

/** What most paths begin with, and a narrow list has no room for. */
const COMMON = "/v1/messages/async/{message_id}";

function addPart(title: string, sections: HTMLElement[]): void {
  const heading = make("h2", "part", title);
  heading.id = title.toLowerCase();
  find("content").append(heading, ...sections);
  const links = sections.map((section) => {
    const { textContent } = section.querySelector("h3") as HTMLElement;
    return make("li", "", linkTo(section.id, `${textContent}`.replace(COMMON, "…")));
  });
  find("contents").append(linkTo(heading.id, title), make("ul", "", ...links));
}

function drawOperation(method: string, path: string, operation: Operation): HTMLElement {
  const { summary, parameters = [], requestBody, responses } = operation;
  const name = make(
    "h3",
    "",
    make("span", "method", method.toUpperCase()),
    " ",
    make("code", "", path),
  );
  const fields = parameters.map(({ name, in: place, required, description, schema }) => ({
    name,
    type: `${typeOf(schema)}, in the ${place}`,
    isRequired: required === true,
    description: description ?? "",
    fields: [],
  }));
  const answers = Object.entries(responses);
  const problems = answers.flatMap(([status, { $ref }]) =>
    $ref ? [linkTo(nameOf($ref), status)] : [],
  );
  return section(
    `${method}-${path.replaceAll(/\W+/g, "-")}`,
    name,
    make("p", "", ...inline(summary)),
    drawFields(fields),
    ...(requestBody ? [make("p", "", "Takes ", ...schemaLinks(requestBody))] : []),
    ...answers
      .filter(([, { $ref }]) => !$ref)
      .map(([status, answer]) =>
        make(
          "p",
          "",
          make("b", "", status),
          " ",
          ...inline(`${answer.description} `),
          ...schemaLinks(answer),
        ),
      ),
    ...(problems.length > 0
      ? [make("p", "muted", "Problems: ", ...problems.flatMap((link) => [link, " "]))]
      : []),
  );
}

function drawSchema([name, schema]: [string, Schema]): HTMLElement {
  const fields = fieldsOf(schema);
  const choices = referencesOf(schema).flatMap((choice) => [linkTo(choice, choice), " "]);
  return section(
    name,
    make("h3", "", make("code", "", name)),
    make("p", "", ...choices),
    drawFields(fields),
  );
}

function drawProblem([name, { description = "", content = {} }]: [string, Answer]): HTMLElement {
  const examples = Object.values(content).flatMap(({ examples = {} }) => Object.entries(examples));
  const shown = examples.map(([reason, { value }]) => {
    const example = make("pre", "code", JSON.stringify(value, null, 2));
    return make("details", "", make("summary", "", reason), example);
  });
  const status = name.replace(/\D+/g, "");
  return section(name, make("h3", "", make("span", "method", status), ` ${description}`), ...shown);
}

function drawFields(fields: readonly Field[]): HTMLElement {
  return make(
    "dl",
    "fields",
    ...fields.flatMap(({ name, type, isRequired, description, fields }) => {
      const inner = make("details", "", make("summary", "", "its fields"), drawFields(fields));
      return [
        make(
          "dt",
          "",
          make("code", "", name),
          make("span", "type", type),
          isRequired ? "required" : "",
        ),
        make("dd", "", ...inline(description), ...(fields.length > 0 ? [inner] : [])),
      ];
    }),
  );
}

/** What stands between backticks is code. */
function inline(text: string): Node[] {
  return text
    .split("`")
    .map((part, at) => (at % 2 === 1 ? make("code", "", part) : document.createTextNode(part)));
}

function schemaLinks({ content = {} }: Answer): Node[] {
  const names = Object.values(content).flatMap(({ schema }) =>
    schema ? referencesOf(schema) : [],
  );
  return [...new Set(names)].map((name) => linkTo(name, name));
}

function section(id: string, ...content: Node[]): HTMLElement {
  const element = make("section", "entry", ...content);
  element.id = id;
  return element;
}

function linkTo(id: string, words: string): HTMLAnchorElement {
  const link = make("a", "", words);
  link.href = `#${id}`;
  return link;
}

try {
  const response = await fetch("/openapi.json");
  if (!response.ok) throw new Error(`openapi.json: ${response.status}`);
  draw(await response.json());
} catch (cause) {
  find("fault").textContent = (cause as Error).message;
}
find("content").setAttribute("aria-busy", "false");
// What the address names was not there yet when the browser looked for it.
if (location.hash) find(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
