// @ts-check
/**
 * What is drawn and not yet painted: an open polygon, or a draft. Keys mean something else meanwhile. A polygon is work
 * done by hand, so it is closed before anything else happens; a draft came from the server, and is given up.
 */

import { keyOf } from "./key_entries.js";

const ENDS_IT = [
  "brush", "eraser", "polygon", "polygon-cut", "fill", "assist", "clear", "grow", "shrink", "smooth",
  "good", "defect", "unsure", "next", "previous",
];
const ENDS_A_CUT = /^(layer|ignore|type-.)$/; // to paint with another type is to take the brush

/**
 * @typedef {object} Surroundings
 * @property {import("./shapes.js").Shapes} shapes
 * @property {import("./assist.js").Assist} assist
 * @property {() => import("./session.js").Session | null} session
 */

export class Unfinished {
  /** @param {Surroundings} around */
  constructor(around) {
    this.around = around;
    /** What has happened before the key that is being carried out, and was not told yet. */
    this.note = "";
  }

  /** @param {string} [message] @returns {string} with what was not told yet before it */
  told(message = "") {
    const { note } = this;
    this.note = "";
    return [note, message].filter(Boolean).join(" ");
  }

  /** @param {string} name of a key or button @returns {boolean} whether that was all */
  press(name) {
    return (this.around.shapes.isOpen && this.#drawing(name)) || (this.around.assist.isOpen && this.#drafting(name));
  }

  /** @param {string} name @returns {boolean} whether that was all */
  #drawing(name) {
    const { shapes } = this.around;
    const own = { done: () => shapes.close(), cancel: () => shapes.abandon(), undo: () => shapes.stepBack() };
    if (Object.hasOwn(own, name)) {
      own[/** @type {keyof typeof own} */ (name)]();
      return true;
    }
    const isEnd = ENDS_IT.includes(name) || name === "teach" || (shapes.tool === "polygon-cut" && ENDS_A_CUT.test(name));
    if (isEnd && this.finish()) this.note = `The polygon was closed. ${keyOf("undo")} takes it back.`;
    return false;
  }

  /** @param {string} name @returns {boolean} whether that was all */
  #drafting(name) {
    const { assist } = this.around;
    const own = {
      done: () => assist.take(), cancel: () => assist.abandon(), undo: () => assist.abandon(),
      smaller: () => assist.draft.step(-1), larger: () => assist.draft.step(1),
    };
    if (Object.hasOwn(own, name)) {
      own[/** @type {keyof typeof own} */ (name)]();
      return true;
    }
    if (name === "assist" && assist.switchMethod()) return true;
    if (ENDS_IT.includes(name)) assist.abandon();
    return false;
  }

  /** Close the polygon that is open; one of fewer than three corners is given up. @returns {boolean} whether the painting is another one */
  finish() {
    const { past } = this.around.session()?.history ?? { past: [] };
    const steps = past.length;
    this.around.shapes.close();
    return past.length > steps;
  }
}
