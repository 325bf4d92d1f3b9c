// @ts-check
/**
 * Draws image, heatmap, limit contour and painting on canvases of the stage's size. A stroke redraws only the
 * rectangle it touched; everything is drawn in animation frames.
 */

import { union } from "./capsule.js";
import { create } from "./dom.js";
import { colourTable, paintRegion, parseColour } from "./mask_colours.js";
import { IGNORE } from "./painting.js";
import { fit, toStage } from "./view.js";

/** @typedef {import("./run_lengths.js").Box} Box */
/** @typedef {import("./view.js").View} View */

const LARGEST_RATIO = 2;
const SMOOTH_BELOW = 3; // from this zoom on, single pixels are shown as squares

export class Renderer {
  /** @param {HTMLElement} stage */
  constructor(stage) {
    this.stage = stage;
    const canvas = (/** @type {string} */ name) => create("canvas", { class: `tb-layer tb-${name}` });
    this.pictureCanvas = canvas("picture");
    this.heatmapCanvas = canvas("heatmap");
    this.maskCanvas = canvas("mask");
    this.contourCanvas = canvas("contour");
    stage.append(this.pictureCanvas, this.heatmapCanvas, this.contourCanvas, this.maskCanvas);
    /** @type {View} */
    this.view = { scale: 1, left: 0, top: 0 };
    this.size = { width: 0, height: 0 };
    this.ratio = 1;
    this.isFitted = true;
    this.frame = 0;
    this.isStale = true;
    /** @type {{width: number, height: number}} */
    this.image = { width: 1, height: 1 };
    /** @type {import("./painting.js").Painting | null} */
    this.painting = null;
    /** @type {import("./pictures.js").Picture | null} */
    this.picture = null;
    /** @type {import("./pictures.js").Picture | null} shown alone, in the place of everything else */
    this.instead = null;
    /** @type {ImageBitmap | null} */
    this.heatmap = null;
    /** @type {number[][][]} */
    this.contours = [];
    this.colours = colourTable([]);
    /** @type {Box | null} */
    this.touched = null;
    /** @type {(view: View) => void} */
    this.onView = () => {};
    new ResizeObserver(() => this.#resize()).observe(stage);
  }

  /** Another image: nothing of the one before stays on the screen. @param {{width: number, height: number}} image */
  forget(image) {
    Object.assign(this, { image, painting: null, picture: null, heatmap: null, contours: [], touched: null });
    this.fitToStage();
  }

  fitToStage() {
    this.isFitted = true;
    if (this.size.width) this.setView(fit(this.image, this.size), true);
  }

  /** @param {View} view @param {boolean} [isFitted] */
  setView(view, isFitted = false) {
    this.view = view;
    this.isFitted = isFitted;
    this.onView(view);
    this.redraw();
  }

  /** @param {import("./pictures.js").Picture | null} picture to show alone; null: the open image again */
  showInstead(picture) {
    if (picture === this.instead) return;
    this.instead = picture;
    this.stage.classList.toggle("is-blinking", picture !== null);
    this.redraw();
  }

  /** Where a point of the image is in the window. @param {number} x @param {number} y */
  toWindow(x, y) {
    const frame = this.stage.getBoundingClientRect();
    const [left, top] = toStage(this.view, x, y);
    return { x: frame.left + left, y: frame.top + top };
  }

  /** @param {Map<string, string>} hexByType */
  setColours(hexByType) {
    if (!this.painting) return;
    const layers = [...this.painting.layers.values()].filter((layer) => layer.name !== IGNORE);
    this.colours = colourTable(layers.map((layer) => parseColour(hexByType.get(layer.name) ?? "")));
    this.redraw();
  }

  /** Everything, in the next frame. */
  redraw() {
    this.isStale = true;
    this.#schedule();
  }

  /** Only this part of the painting, in the next frame. @param {Box | null} box in image pixels */
  redrawBox(box) {
    if (!box) return;
    this.touched = union(this.touched, box);
    this.#schedule();
  }

  #schedule() {
    if (!this.frame) this.frame = requestAnimationFrame(() => this.#draw());
  }

  #resize() {
    const { clientWidth: width, clientHeight: height } = this.stage;
    if (!width || !height) return; // in a hidden tab; comes again when it is shown
    const ratio = Math.min(LARGEST_RATIO, devicePixelRatio || 1);
    const isFirst = !this.size.width;
    if (width === this.size.width && height === this.size.height && ratio === this.ratio) return;
    this.size = { width, height };
    this.ratio = ratio;
    for (const canvas of [this.pictureCanvas, this.heatmapCanvas, this.contourCanvas, this.maskCanvas]) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    if (this.isFitted || isFirst) this.fitToStage();
    else this.redraw();
  }

  #draw() {
    this.frame = 0;
    if (!this.size.width) return;
    const box = this.touched;
    this.touched = null;
    if (!this.isStale) {
      if (box) this.#drawMask(this.#region(box));
      return;
    }
    this.isStale = false;
    this.#drawPicture();
    this.#drawHeatmap();
    this.#drawContours();
    context2d(this.maskCanvas).clearRect(0, 0, this.maskCanvas.width, this.maskCanvas.height);
    const extent = this.painting?.extent;
    if (extent) this.#drawMask(this.#region(extent));
  }

  /** @param {Box} box in image pixels @returns {import("./mask_colours.js").Region} with the edges around it */
  #region({ x0, y0, x1, y1 }) {
    const scale = this.view.scale * this.ratio;
    const room = 4 + Math.ceil(scale); // a coarse cell is up to two device pixels wide, a fine one as wide as the scale
    const left = Math.max(0, Math.floor((x0 - this.view.left) * scale) - room);
    const top = Math.max(0, Math.floor((y0 - this.view.top) * scale) - room);
    const right = Math.min(this.maskCanvas.width, Math.ceil((x1 - this.view.left) * scale) + room);
    const bottom = Math.min(this.maskCanvas.height, Math.ceil((y1 - this.view.top) * scale) + room);
    return { x: left, y: top, width: right - left, height: bottom - top };
  }

  /** @param {import("./mask_colours.js").Region} region */
  #drawMask(region) {
    if (!this.painting || region.width < 1 || region.height < 1) return;
    const pixels = new ImageData(region.width, region.height);
    const out = new Uint32Array(pixels.data.buffer);
    paintRegion(this.painting.pyramid, this.view, this.ratio, region, this.colours, out);
    context2d(this.maskCanvas).putImageData(pixels, region.x, region.y);
  }

  #drawPicture() {
    const context = context2d(this.pictureCanvas);
    context.clearRect(0, 0, this.pictureCanvas.width, this.pictureCanvas.height);
    const picture = this.instead ?? this.picture;
    if (!picture) return;
    const scale = this.view.scale * this.ratio;
    const wanted = scale >= 1 ? 0 : Math.floor(Math.log2(1 / scale) + 0.1);
    const level = picture.levels[Math.min(wanted, picture.levels.length - 1)];
    this.#place(context, level, scale < SMOOTH_BELOW);
  }

  #drawHeatmap() {
    const context = context2d(this.heatmapCanvas);
    context.clearRect(0, 0, this.heatmapCanvas.width, this.heatmapCanvas.height);
    if (this.heatmap && !this.heatmapCanvas.hidden) this.#place(context, this.heatmap, true);
  }

  /** @param {CanvasRenderingContext2D} context @param {ImageBitmap} bitmap @param {boolean} isSmooth */
  #place(context, bitmap, isSmooth) {
    const scale = this.view.scale * this.ratio;
    const x0 = Math.max(0, this.view.left);
    const y0 = Math.max(0, this.view.top);
    const x1 = Math.min(this.image.width, this.view.left + this.size.width / this.view.scale);
    const y1 = Math.min(this.image.height, this.view.top + this.size.height / this.view.scale);
    if (x0 >= x1 || y0 >= y1) return;
    const [fx, fy] = [bitmap.width / this.image.width, bitmap.height / this.image.height];
    const [dx, dy] = [(x0 - this.view.left) * scale, (y0 - this.view.top) * scale];
    context.imageSmoothingEnabled = isSmooth;
    const [sw, sh] = [x1 - x0, y1 - y0];
    context.drawImage(bitmap, x0 * fx, y0 * fy, sw * fx, sh * fy, dx, dy, sw * scale, sh * scale);
  }

  #drawContours() {
    const context = context2d(this.contourCanvas);
    context.clearRect(0, 0, this.contourCanvas.width, this.contourCanvas.height);
    if (!this.contours.length) return;
    const scale = this.view.scale * this.ratio;
    const lines = new Path2D();
    for (const line of this.contours) {
      line.forEach(([x, y], at) => {
        const point = [(x - this.view.left) * scale, (y - this.view.top) * scale];
        if (at) lines.lineTo(point[0], point[1]);
        else lines.moveTo(point[0], point[1]);
      });
    }
    for (const [style, width] of /** @type {[string, number][]} */ ([["rgb(0 0 0 / 55%)", 3.5], ["#ffffff", 1.5]])) {
      context.strokeStyle = style;
      context.lineWidth = width * this.ratio;
      context.stroke(lines);
    }
  }
}

/** @param {HTMLCanvasElement} canvas @returns {CanvasRenderingContext2D} */
function context2d(canvas) {
  return /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
}
