// @ts-check
/** What paints: brush or eraser, its size in image pixels, and its outline under the pointer. */

import { BrushCursor } from "./brush_cursor.js";
import { limitSize, nextSize, sizeToSlider, sliderToSize } from "./preferences.js";
import { SHAPE_TOOLS } from "./shapes.js";

/** @typedef {"brush" | "eraser" | "assist" | import("./shapes.js").ShapeTool} Tool */

export class Brush {
  /** @param {HTMLElement} stage @param {number} size @param {HTMLInputElement} slider @param {(size: number) => void} keep */
  constructor(stage, size, slider, keep) {
    this.cursor = new BrushCursor(stage);
    this.slider = slider;
    this.keep = keep;
    this.size = size;
    this.scale = 1;
    /** @type {Tool} */
    this.tool = "brush";
    this.isErasing = false; // for this stroke, whatever the tool
    slider.value = String(sizeToSlider(size));
  }

  /** Whether clicks paint, not strokes. @returns {import("./shapes.js").ShapeTool | null} */
  get shape() {
    return SHAPE_TOOLS.find((tool) => tool === this.tool) ?? null;
  }

  /** @param {boolean} isErasing while a button or key is held */
  erase(isErasing) {
    this.isErasing = isErasing;
    this.#outline();
  }

  /** @param {Tool} tool */
  use(tool) {
    this.tool = tool;
    this.#outline();
  }

  /** @param {number} position of the slider */
  slideTo(position) {
    this.#resize(sliderToSize(position));
  }

  /** @param {1 | -1} way */
  step(way) {
    this.#resize(nextSize(this.size, way));
    this.slider.value = String(sizeToSlider(this.size));
  }

  /** @param {number} scale CSS pixels in an image pixel */
  zoomed(scale) {
    this.scale = scale;
    this.#outline();
  }

  /** @param {number} size */
  #resize(size) {
    this.size = limitSize(size);
    this.keep(this.size);
    this.#outline();
  }

  #outline() {
    this.cursor.show(this.shape || this.tool === "assist" ? 0 : this.size * this.scale, this.isErasing || this.tool === "eraser");
  }
}
