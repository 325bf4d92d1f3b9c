// @ts-check
/** What the model would learn from each patch of the image, drawn over the painting while it grows. */

import { postPatches, RefusedError } from "./api.js";
import { create } from "./dom.js";

/** @typedef {{rows: number, columns: number, patches: number[], sentence: string}} Learnt  patches row by row, see below */

/**
 * @typedef {object} Surroundings
 * @property {HTMLElement} stage
 * @property {() => import("./view.js").View} view
 * @property {() => import("./session.js").Session | null} session
 * @property {() => Map<string, string>} colours by defect type
 */

const IGNORED = 1;
const NORMAL = 2;
const ANOMALOUS = 3; // + the place of the defect type among the layers that were sent
const SVG = "http://www.w3.org/2000/svg";
const BLIND = "A second look is without the model: nothing is shown of what it would learn.";
const UNREACHABLE = "The server cannot be reached, so it is not known what would be learnt.";

export class LearntPatches {
  /** @param {Surroundings} around */
  constructor(around) {
    this.around = around;
    this.isOn = false;
    /** How many times something was asked: only the last answer counts. */
    this.asked = 0;
    this.isAsking = false;
    this.cells = document.createElementNS(SVG, "g");
    this.overlay = document.createElementNS(SVG, "svg");
    this.overlay.setAttribute("class", "tb-layer tb-patches");
    this.overlay.append(this.cells);
    this.sign = create("span", { class: "tb-patches-sign", role: "status" });
    this.legend = create("ul", { class: "tb-patches-legend", "aria-label": "Marks" });
    this.note = create("div", { class: "tb-patches-note", hidden: true }, [this.sign, this.legend]);
    around.stage.append(this.overlay, this.note);
  }

  /** @param {boolean} isOn */
  show(isOn) {
    this.isOn = isOn;
    if (isOn) return this.ask();
    this.asked += 1;
    return this.#clear("");
  }

  /** The painting is another one; one request at a time, and the last painting wins. */
  async ask() {
    this.asked += 1;
    if (!this.isOn || this.isAsking) return;
    this.isAsking = true;
    for (let own = -1; this.isOn && own !== this.asked; ) {
      own = this.asked;
      await this.#answer(() => own === this.asked);
    }
    this.isAsking = false;
  }

  /** Another image is opened. */
  forget() {
    this.asked += 1;
    this.#clear("");
  }

  /** Also after the view has changed. */
  draw() {
    const { scale, left, top } = this.around.view();
    this.cells.setAttribute("transform", `scale(${scale}) translate(${-left} ${-top})`);
  }

  /** @param {() => boolean} isWanted still */
  async #answer(isWanted) {
    const session = this.around.session();
    if (!session?.painting) return;
    if (session.isBlind) return this.#clear(BLIND);
    const { layers, ignore } = session.painting.content();
    const painted = layers.filter((layer) => layer.runs.length);
    try {
      const learnt = await postPatches(session.imageId, { layers: painted, ignore, complete: session.complete });
      if (isWanted() && session.painting) this.#show(learnt, painted.map((layer) => layer.defect_type), session.painting);
    } catch (error) {
      if (isWanted()) this.#clear(error instanceof RefusedError ? error.message : UNREACHABLE);
    }
  }

  /** @param {string} sentence in their place */
  #clear(sentence) {
    this.cells.replaceChildren();
    this.legend.replaceChildren();
    this.sign.textContent = sentence;
    this.note.hidden = !sentence;
  }

  /** @param {Learnt} learnt @param {string[]} types @param {{width: number, height: number}} image */
  #show({ rows, columns, patches, sentence }, types, image) {
    this.#clear(sentence);
    const [width, height] = [image.width / columns, image.height / rows];
    /** @param {number} kind @param {Shape} shape */
    const outline = (kind, shape) => patches.map((patch, at) => (patch === kind ? shape((at % columns) * width, Math.floor(at / columns) * height, width, height) : "")).join("");
    const colours = types.map((name) => this.around.colours().get(name));
    this.#add("tb-patch-normal", outline(NORMAL, SHAPES.dot));
    this.#add("tb-patch-ignored", outline(IGNORED, SHAPES.line));
    colours.forEach((colour, at) => this.#add("tb-patch-anomalous", outline(ANOMALOUS + at, SHAPES.box), colour));
    this.legend.replaceChildren(...LEGEND.map(([kind, shape, text]) => legendEntry(kind, SHAPES[shape](2, 2, 10, 10), text, colours[0])));
    this.draw();
  }

  /** @param {string} kind @param {string} outline @param {string} [colour] */
  #add(kind, outline, colour) {
    if (outline) this.cells.append(...marks(kind, outline, colour));
  }
}

/** @typedef {(x: number, y: number, width: number, height: number) => string} Shape  drawn in a cell that begins at x, y */

const SHAPES = {
  box: /** @type {Shape} */ ((x, y, width, height) => `M${x} ${y}h${width}v${height}h${-width}z`),
  line: /** @type {Shape} */ ((x, y, width, height) => `M${x} ${y + height}L${x + width} ${y}`),
  dot: /** @type {Shape} */ ((x, y, width, height) => `M${x + width / 2} ${y + height / 2}h0`),
};

const LEGEND = /** @type {const} */ ([
  ["tb-patch-anomalous", "box", "learnt as defect"],
  ["tb-patch-ignored", "line", "left alone"],
  ["tb-patch-normal", "dot", "counts as good"],
]);

/** A mark is seen on any part: dark below, bright above. @param {string} kind @param {string} outline @param {string} [colour] */
function marks(kind, outline, colour) {
  return ["under", "over"].map((part) => {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("class", `${kind} tb-patch-${part}`);
    path.setAttribute("d", outline);
    if (colour && part === "over") path.style.setProperty("--tb-colour", colour);
    return path;
  });
}

/** @param {string} kind @param {string} outline @param {string} text @param {string} [colour] */
function legendEntry(kind, outline, text, colour) {
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("class", "tb-patches-mark");
  picture.setAttribute("viewBox", "0 0 14 14");
  picture.setAttribute("aria-hidden", "true");
  picture.append(...marks(kind, outline, colour));
  return create("li", {}, [picture, create("span", { text })]);
}
