// @ts-check
/**
 * A draft: what may become painting. Shown over the image until it is taken (one step of the history) or given up.
 * There may be several, from small to large; arrows move the one that is shown.
 */

import { toStage } from "./view.js";

/**
 * @typedef {object} Surroundings
 * @property {HTMLElement} stage
 * @property {() => import("./view.js").View} view
 * @property {() => import("./session.js").Session | null} session
 * @property {(isErasing: boolean, fill: import("./painting.js").Fill) => void} paint as one step
 */
/** @typedef {{drafts: number[][], proposed: number, shift?: number[]}} Offer  run lengths of masks, from small to large; `shift`: how far they are moved */
/** @typedef {import("./run_lengths.js").Box} Box */

const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
export const FAR = 10; // pixels, with Shift

export class Draft {
  /** @param {Surroundings} around */
  constructor(around) {
    this.around = around;
    /** @type {number[][]} */
    this.drafts = [];
    this.at = 0;
    this.shift = [0, 0];
    /** @type {Box | null} of what is shown */
    this.box = null;
    this.canvas = document.createElement("canvas");
    this.canvas.className = "tb-draft";
    this.canvas.hidden = true;
    around.stage.append(this.canvas);
    document.addEventListener("keydown", (event) => this.#onKey(event), true);
  }

  get isOpen() {
    return this.drafts.length > 0;
  }

  /** @param {Offer} offer */
  open({ drafts, proposed, shift }) {
    this.drafts = drafts;
    this.at = proposed;
    this.shift = shift ?? [0, 0];
    this.#show();
  }

  /** The next larger or smaller one. @param {number} way 1 or -1 */
  step(way) {
    this.at = Math.min(this.drafts.length - 1, Math.max(0, this.at + way));
    this.#show();
  }

  abandon() {
    this.drafts = [];
    this.#show();
  }

  /** Make it part of the painting. */
  take() {
    const { painting } = this.around.session() ?? {};
    const rows = painting ? this.#rows(painting.width, painting.height) : [];
    this.abandon();
    const box = around(rows);
    if (!box) return;
    this.around.paint(false, (emit) => {
      rows.forEach((row) => emit(...row));
      return box;
    });
  }

  /** @param {number} width @param {number} height @returns {[number, number, number][]} [y, first, end], moved and inside the image */
  #rows(width, height) {
    const [dx, dy] = this.shift;
    return rowsOf(this.drafts[this.at] ?? [], width)
      .map(([y, first, end]) => /** @type {[number, number, number]} */ ([y + dy, Math.max(0, first + dx), Math.min(width, end + dx)]))
      .filter(([y, first, end]) => y >= 0 && y < height && first < end);
  }

  #show() {
    const { painting } = this.around.session() ?? {};
    const rows = painting && this.isOpen ? this.#rows(painting.width, painting.height) : [];
    this.box = around(rows);
    this.canvas.hidden = !this.box;
    if (!this.box) return;
    const { x0, y0, x1, y1 } = this.box;
    this.canvas.width = x1 - x0;
    this.canvas.height = y1 - y0;
    const context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    const pixels = context.createImageData(x1 - x0, y1 - y0);
    const cells = new Uint32Array(pixels.data.buffer);
    // Stripes: no colour of a defect type looks like that, and white on black is seen on any part.
    for (const [y, first, end] of rows) {
      for (let x = first; x < end; x++) cells[(y - y0) * (x1 - x0) + x - x0] = (x + y) % 6 < 3 ? 0xb4ffffff : 0xb4000000;
    }
    context.putImageData(pixels, 0, 0);
    this.draw();
  }

  /** Also after the view has changed. */
  draw() {
    if (!this.box) return;
    const view = this.around.view();
    const [left, top] = toStage(view, this.box.x0, this.box.y0);
    Object.assign(this.canvas.style, {
      left: `${left}px`, top: `${top}px`,
      width: `${(this.box.x1 - this.box.x0) * view.scale}px`, height: `${(this.box.y1 - this.box.y0) * view.scale}px`,
    });
  }

  /** Arrows belong to the draft while one is open, and to the page else. @param {KeyboardEvent} event */
  #onKey(event) {
    const move = MOVES[/** @type {keyof typeof MOVES} */ (event.key)];
    if (!move || !this.isOpen || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    event.stopPropagation();
    const far = event.shiftKey ? FAR : 1;
    this.shift = [this.shift[0] + far * move[0], this.shift[1] + far * move[1]];
    this.#show();
  }
}

/**
 * Run lengths as rows; a run may go on over the end of a row.
 * @param {ArrayLike<number>} runs @param {number} width of the image @returns {[number, number, number][]} [y, first, end]
 */
export function rowsOf(runs, width) {
  /** @type {[number, number, number][]} */
  const rows = [];
  for (let at = 0; at < runs.length; at += 2) {
    const end = runs[at] + runs[at + 1];
    for (let start = runs[at]; start < end; ) {
      const y = Math.floor(start / width);
      const stop = Math.min(end, (y + 1) * width);
      rows.push([y, start - y * width, stop - y * width]);
      start = stop;
    }
  }
  return rows;
}

/** @param {[number, number, number][]} rows @returns {Box | null} */
function around(rows) {
  if (!rows.length) return null;
  const box = { x0: Infinity, y0: Infinity, x1: 0, y1: 0 };
  for (const [y, first, end] of rows) {
    box.x0 = Math.min(box.x0, first);
    box.y0 = Math.min(box.y0, y);
    box.x1 = Math.max(box.x1, end);
    box.y1 = Math.max(box.y1, y + 1);
  }
  return box;
}
