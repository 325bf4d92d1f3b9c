// @ts-check
/** Tools that paint with clicks: a polygon to add or to take away, and the filling of a closed contour. */

import { insideOf } from "./contour_fill.js";
import { fillPolygon } from "./polygon.js";
import { toImage, toStage } from "./view.js";

/** @typedef {"polygon" | "polygon-cut" | "fill"} ShapeTool */

export const SHAPE_TOOLS = /** @type {ShapeTool[]} */ (["polygon", "polygon-cut", "fill"]);
const CLOSE_PX = 9; // a click this near to the first corner closes the polygon
const SVG = "http://www.w3.org/2000/svg";

const NOT_CLOSED = "This contour is not closed: paint all around first, then click inside.";
const CLICK_INSIDE = "Click inside the contour, where nothing is painted.";

/**
 * @typedef {object} Surroundings
 * @property {HTMLElement} stage
 * @property {() => import("./view.js").View} view
 * @property {() => import("./session.js").Session | null} session
 * @property {() => string} layer
 * @property {(isErasing: boolean, fill: import("./painting.js").Fill) => void} paint as one step
 * @property {(message: string) => void} say
 */

export class Shapes {
  /** @param {Surroundings} around */
  constructor(around) {
    this.around = around;
    /** @type {[number, number][]} corners in image pixels */
    this.corners = [];
    /** @type {[number, number] | null} the pointer, in pixels of the stage */
    this.pointer = null;
    /** @type {ShapeTool} */
    this.tool = "polygon";
    /** @type {("corner" | "closed" | "nothing")[]} what the last two clicks of a polygon did */
    this.clicks = [];
    this.line = document.createElementNS(SVG, "polyline");
    this.knots = document.createElementNS(SVG, "g");
    this.overlay = document.createElementNS(SVG, "svg");
    this.overlay.setAttribute("class", "tb-layer tb-shape");
    const under = /** @type {SVGPolylineElement} */ (this.line.cloneNode());
    this.under = under;
    under.setAttribute("class", "tb-shape-under");
    this.overlay.append(under, this.line, this.knots);
    around.stage.append(this.overlay);
  }

  get isOpen() {
    return this.corners.length > 0;
  }

  /** @param {ShapeTool} tool @param {number} x @param {number} y of the stage */
  press(tool, x, y) {
    if (tool === "fill") return this.#fillAt(x, y);
    this.tool = tool;
    this.clicks = [...this.clicks.slice(-1), this.#click(x, y)];
    return this.draw();
  }

  /** @param {number} x @param {number} y of the stage @returns {"corner" | "closed" | "nothing"} what it did */
  #click(x, y) {
    const first = this.corners[0];
    if (this.corners.length > 2 && this.#isNear(first, x, y)) {
      this.close();
      return "closed";
    }
    const last = this.corners[this.corners.length - 1];
    if (last && this.#isNear(last, x, y, 2)) return "nothing"; // not twice by a double click
    this.corners.push(toImage(this.around.view(), x, y));
    return "corner";
  }

  /** Both clicks of a double click have been made: the second one is no corner of its own. */
  pressTwice() {
    const [before, now] = this.clicks;
    if (now === "corner") this.stepBack();
    if (before !== "closed" && this.corners.length > 2) this.close();
  }

  /** The click was none: two fingers came, to move the image. */
  takeBack() {
    if (this.clicks.pop() === "corner") this.stepBack();
  }

  /** @param {[number, number] | null} point of the stage */
  hover(point) {
    this.pointer = point;
    if (this.isOpen) this.draw();
  }

  /** Paint what the corners enclose. */
  close() {
    const corners = this.corners;
    const { painting } = this.around.session() ?? {};
    this.abandon();
    if (!painting || corners.length < 3) return;
    this.around.paint(this.tool === "polygon-cut", (emit) => fillPolygon(corners, painting.width, painting.height, emit));
  }

  /** Take the last corner back. */
  stepBack() {
    this.corners.pop();
    this.draw();
  }

  abandon() {
    this.corners = [];
    this.draw();
  }

  /** @param {number} x @param {number} y of the stage */
  #fillAt(x, y) {
    const painting = this.around.session()?.painting;
    if (!painting) return;
    const [left, top] = toImage(this.around.view(), x, y).map(Math.floor);
    const { pixels } = painting.layer(this.around.layer());
    const rows = insideOf(pixels, painting.width, painting.height, left, top);
    if (!rows?.length) return this.around.say(rows ? CLICK_INSIDE : NOT_CLOSED);
    this.around.paint(false, (emit) => {
      rows.forEach((row) => emit(...row));
      const [ys, firsts, ends] = [0, 1, 2].map((part) => rows.map((row) => row[part]));
      const least = (/** @type {number[]} */ all) => all.reduce((a, b) => Math.min(a, b));
      const most = (/** @type {number[]} */ all) => all.reduce((a, b) => Math.max(a, b));
      return { x0: least(firsts), y0: least(ys), x1: most(ends), y1: most(ys) + 1 };
    });
  }

  /** @param {[number, number]} corner @param {number} x @param {number} y of the stage @param {number} [room] */
  #isNear(corner, x, y, room = CLOSE_PX) {
    const [left, top] = toStage(this.around.view(), ...corner);
    return Math.hypot(left - x, top - y) <= room;
  }

  /** Also after the view has changed. */
  draw() {
    const view = this.around.view();
    const corners = this.corners.map(([x, y]) => toStage(view, x, y));
    const line = this.pointer && corners.length ? [...corners, this.pointer] : corners;
    for (const each of [this.line, this.under]) each.setAttribute("points", line.map((point) => point.join(",")).join(" "));
    this.overlay.classList.toggle("is-cut", this.tool === "polygon-cut");
    this.knots.replaceChildren(
      ...corners.map(([x, y], at) => {
        const knot = document.createElementNS(SVG, "circle");
        const places = { cx: x, cy: y, r: at ? 3 : 5 };
        for (const [name, value] of Object.entries(places)) knot.setAttribute(name, String(value));
        return knot;
      }),
    );
  }
}
