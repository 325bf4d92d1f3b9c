// @ts-check
/** What a hand does on the stage: strokes, shapes and drafts go to the chosen layer, each as one step of the history. */

import { TooManyLayersError } from "./painting.js";
import { reshaped } from "./reshape.js";
import { toImage } from "./view.js";

/**
 * @typedef {object} Surroundings
 * @property {() => import("./session.js").Session | null} session
 * @property {import("./brush.js").Brush} brush
 * @property {import("./layer_choice.js").LayerChoice} layers
 * @property {import("./shapes.js").Shapes} shapes
 * @property {import("./assist.js").Assist} assist
 * @property {import("./renderer.js").Renderer} renderer
 * @property {() => boolean} mayPaint
 * @property {() => boolean} isCovered  another picture is shown
 * @property {() => void} coloursChanged
 * @property {(message: string) => void} say
 */

export class Strokes {
  /** @param {Surroundings} around */
  constructor(around) {
    this.around = around;
    this.last = [0, 0]; // where the stroke has come to, in image pixels
  }

  /** @param {number} x @param {number} y of the stage @param {boolean} isErasing whatever the tool is */
  begin(x, y, isErasing) {
    const { brush, assist, shapes, renderer } = this.around;
    if (!this.around.mayPaint() || this.around.isCovered()) return;
    const shape = isErasing ? null : brush.shape;
    if (!shape && brush.tool === "assist" && !isErasing) return assist.begin(x, y);
    assist.abandon(); // also where its answer is still due: its points are no part of what comes now
    if (shape) return shapes.press(shape, x, y);
    if (!this.#beginStep(isErasing || brush.tool === "eraser")) return;
    brush.erase(isErasing);
    this.last = toImage(renderer.view, x, y);
    this.extend(x, y);
  }

  /** @param {number} x @param {number} y of the stage */
  extend(x, y) {
    const { assist, brush, renderer } = this.around;
    const session = this.around.session();
    assist.extend(x, y);
    if (!session?.painting?.stroke) return;
    const [ax, ay] = this.last;
    const [bx, by] = toImage(renderer.view, x, y);
    this.last = [bx, by];
    renderer.redrawBox(session.painting.extend(ax, ay, bx, by, brush.size / 2));
  }

  end() {
    const { assist, brush } = this.around;
    if (assist.points.length) return void assist.end();
    brush.erase(false);
    this.around.session()?.endStroke();
  }

  /** A double click. */
  twice() {
    const { brush, shapes } = this.around;
    if (brush.shape && brush.shape !== "fill" && this.around.mayPaint() && !this.around.isCovered()) shapes.pressTwice();
  }

  cancel() {
    const { assist, brush, shapes, renderer } = this.around;
    brush.erase(false);
    if (brush.shape) shapes.takeBack();
    assist.abandon();
    renderer.redrawBox(this.around.session()?.cancelStroke() ?? null);
  }

  /** A shape or a draft. @param {boolean} isErasing @param {import("./painting.js").Fill} fill */
  cover(isErasing, fill) {
    if (!this.#beginStep(isErasing)) return;
    const session = this.around.session();
    this.around.renderer.redrawBox(session?.painting?.cover(fill) ?? null);
    session?.endStroke();
  }

  /** What is painted on the chosen layer, by one pixel of the screen. @param {import("./reshape.js").Way} way */
  reshape(way) {
    const { layers, renderer } = this.around;
    const session = this.around.session();
    const { painting } = session ?? {};
    const layer = painting?.layers.get(layers.layer);
    if (!painting?.extent || !layer?.count) return this.around.say(`Nothing is painted here as ${layers.chosen || "ignored"}.`);
    const radius = Math.max(1, Math.round(1 / renderer.view.scale));
    const pixels = reshaped(layer.pixels, painting.width, painting.height, painting.extent, way, radius);
    renderer.redrawBox(session?.replaceLayer(layer.name, pixels) ?? null);
  }

  /** @param {boolean} isErasing @returns {boolean} whether a stroke has begun on the chosen layer */
  #beginStep(isErasing) {
    const painting = this.around.session()?.painting;
    if (!painting || !this.around.mayPaint()) return false;
    const known = painting.layers.size;
    try {
      painting.begin(this.around.layers.layer, isErasing);
    } catch (error) {
      if (!(error instanceof TooManyLayersError)) throw error;
      this.around.say(error.message);
      return false;
    }
    if (painting.layers.size !== known) this.around.coloursChanged();
    return true;
  }
}
