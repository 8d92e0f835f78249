// The timeline, drawn. Where each thing stands is decided in timeline.ts.

import { make, makeSvg } from "./elements.ts";
import { drawTimeline, KINDS, type Moment, type Picture } from "./timeline.ts";

const WIDTH = 760;
const HEIGHT = 72;
/** Below the bars, for words. */
const BOTTOM = 34;
/** Narrower gaps have no room for their length. */
const MIN_LABELLED = 0.06;

const NAMES: Record<(typeof KINDS)[number], string> = {
  thinking: "thinking",
  text: "text",
  tool: "tool calls",
  other: "begin and end",
};

export class TimelineView {
  readonly element = make("figure", "timeline");
  readonly #picture = makeSvg("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT + BOTTOM}`,
    role: "img",
  });
  readonly #summary = make("figcaption", "muted");

  constructor() {
    const legend = KINDS.map((kind) => make("li", `key ${kind}`, NAMES[kind]));
    this.element.append(this.#picture, make("ul", "legend", ...legend), this.#summary);
    this.element.hidden = true;
  }

  show(moments: readonly Moment[]): void {
    const picture = drawTimeline(moments);
    this.element.hidden = moments.length === 0;
    this.element.classList.toggle("blank", !picture);
    const { earlier = moments.length, summary } = picture ?? {};
    const before = earlier > 0 ? `${earlier} events were there before this tab looked` : "";
    this.#summary.textContent = [summary, before].filter(Boolean).join("; ");
    if (!picture) return;
    this.#picture.setAttribute("aria-label", `Timeline: ${summary}`);
    this.#picture.replaceChildren(...shapesOf(picture));
  }
}

function shapesOf({ bars, gaps, ticks, marks }: Picture): SVGElement[] {
  return [
    ...gaps.flatMap(({ x, width, label }) => [
      makeSvg("rect", { class: "gap", x: x * WIDTH, y: 0, width: width * WIDTH, height: HEIGHT }),
      ...(width < MIN_LABELLED
        ? []
        : [
            makeSvg(
              "text",
              { class: "gap-label", x: (x + width / 2) * WIDTH, y: HEIGHT / 2 },
              label,
            ),
          ]),
    ]),
    ...bars.map(({ kind, x, width, y, height }) =>
      makeSvg("rect", {
        class: `bar ${kind}`,
        x: x * WIDTH,
        y: y * HEIGHT,
        width: Math.max(1, width * WIDTH - 1),
        height: height * HEIGHT,
      }),
    ),
    makeSvg("line", { class: "axis", x1: 0, x2: WIDTH, y1: HEIGHT, y2: HEIGHT }),
    ...marks.map((x) =>
      makeSvg("circle", { class: "mark", cx: 3 + x * (WIDTH - 6), cy: HEIGHT + 5, r: 2.5 }),
    ),
    ...ticks.map(({ x, label }) =>
      makeSvg("text", { class: "tick", x: x * WIDTH, y: HEIGHT + BOTTOM - 4 }, label),
    ),
  ];
}
