// @ts-check
/** The outline of the brush under the pointer, in its real size. */

import { create } from "./dom.js";

const SMALLEST_OUTLINE = 5; // below this many screen pixels a cross is easier to see

export class BrushCursor {
  /** @param {HTMLElement} stage */
  constructor(stage) {
    this.stage = stage;
    this.ring = create("div", { class: "tb-ring", hidden: true });
    stage.append(this.ring);
    this.diameter = 0;
  }

  /** @param {number} diameter in CSS pixels; 0: none @param {boolean} isErasing */
  show(diameter, isErasing) {
    this.diameter = diameter;
    this.ring.style.width = this.ring.style.height = `${diameter}px`;
    this.ring.classList.toggle("is-eraser", isErasing);
    if (!diameter) this.ring.hidden = true;
    this.stage.classList.toggle("has-ring", diameter >= SMALLEST_OUTLINE);
  }

  /** @param {[number, number] | null} point of the stage; null: it has left */
  move(point) {
    this.ring.hidden = !point || this.diameter < SMALLEST_OUTLINE;
    if (!point) return;
    this.ring.style.transform = `translate(${point[0] - this.diameter / 2}px, ${point[1] - this.diameter / 2}px)`;
  }
}
