// @ts-check
/**
 * The painting of one image: exact 0/1 pixels at the image's own size, one layer a defect type and one to ignore.
 * This is the truth; what is on the screen only shows it.
 */

import { fillCapsule, union } from "./capsule.js";
import { Pyramid } from "./pyramid.js";
import { boxAround, decode, encode, takeOut } from "./run_lengths.js";

/** @typedef {import("./run_lengths.js").Box} Box */
/** @typedef {import("./history.js").Step} Step */
/** @typedef {{name: string, bit: number, pixels: Uint8Array, count: number}} Layer */
/** @typedef {(emit: (y: number, first: number, end: number) => void) => Box | null} Fill  hands out rows of pixels inside the image, and the box around them */
/** @typedef {{layers: {defect_type: string, runs: number[]}[], ignore: number[]}} Content */

/** The layer for what shall be neither good nor defect. Its name cannot be typed as a defect type. */
export const IGNORE = "\u0000ignore";
const BIT_COUNT = 16;

export class TooManyLayersError extends Error {}

export class Painting {
  /** @param {number} width @param {number} height */
  constructor(width, height) {
    this.width = width;
    this.height = height;
    this.pyramid = new Pyramid(width, height);
    /** @type {Map<string, Layer>} */
    this.layers = new Map();
    /** @type {{layer: Layer, value: 0 | 1, changed: Uint8Array, box: Box | null} | null} */
    this.stroke = null;
    /** @type {Uint8Array | null} */
    this.spare = null;
    /** @type {Box | null} around every pixel that ever was painted */
    this.extent = null;
  }

  /** @param {string} name @returns {Layer} made when it is first asked for */
  layer(name) {
    const known = this.layers.get(name);
    if (known) return known;
    const taken = [...this.layers.keys()].filter((other) => other !== IGNORE).length;
    const bit = name === IGNORE ? 0 : taken + 1;
    if (bit >= BIT_COUNT) throw new TooManyLayersError(`At most ${BIT_COUNT - 1} defect types fit on one image.`);
    const layer = { name, bit, pixels: new Uint8Array(this.width * this.height), count: 0 };
    this.layers.set(name, layer);
    return layer;
  }

  /** Painted defect pixels, over all types; what is ignored does not count. */
  get defectCount() {
    return [...this.layers.values()].reduce((sum, layer) => sum + (layer.name === IGNORE ? 0 : layer.count), 0);
  }

  /** @returns {string[]} names of the defect types that have pixels */
  get defectTypes() {
    return [...this.layers.values()].filter((layer) => layer.name !== IGNORE && layer.count).map((layer) => layer.name);
  }

  /** @param {string} name @param {boolean} isErasing */
  begin(name, isErasing) {
    const changed = this.spare ?? new Uint8Array(this.width * this.height);
    this.spare = null;
    this.stroke = { layer: this.layer(name), value: isErasing ? 0 : 1, changed, box: null };
  }

  /**
   * Move the brush of the stroke that has begun from a to b.
   * @param {number} ax @param {number} ay @param {number} bx @param {number} by @param {number} radius
   * @returns {Box | null} what to redraw
   */
  extend(ax, ay, bx, by, radius) {
    return this.cover((emit) => fillCapsule(ax, ay, bx, by, radius, this.width, this.height, emit));
  }

  /** Add pixels to the stroke that has begun. @param {Fill} fill @returns {Box | null} what to redraw */
  cover(fill) {
    const { layer, value, changed, box } = /** @type {NonNullable<Painting["stroke"]>} */ (this.stroke);
    const bits = this.pyramid.bits;
    const mark = 1 << layer.bit;
    let changes = 0;
    const touched = fill((y, first, end) => {
      const row = y * this.width;
      for (let at = row + first; at < row + end; at++) {
        if (layer.pixels[at] === value) continue;
        layer.pixels[at] = value;
        bits[at] ^= mark;
        changed[at] ^= 1;
        changes++;
      }
    });
    layer.count += value ? changes : -changes;
    if (!touched || !changes) return null;
    this.#changed(touched);
    if (this.stroke) this.stroke.box = union(box, touched);
    return touched;
  }

  /** @returns {Step | null} what the stroke changed; null when it changed nothing */
  end() {
    if (!this.stroke) return null;
    const { layer, changed, box } = this.stroke;
    this.stroke = null;
    const runs = box ? takeOut(changed, this.width, box) : new Uint32Array(0);
    this.spare = changed;
    return runs.length ? [{ layer: layer.name, runs }] : null;
  }

  /** @param {Step} step to make again or to change back @returns {Box | null} what to redraw */
  toggle(step) {
    /** @type {Box | null} */
    let box = null;
    for (const { layer, runs } of step) box = union(box, this.#write(this.layer(layer), runs, null));
    return box;
  }

  /** @param {string} name @param {ArrayLike<number>} runs @param {0 | 1} value @returns {Box | null} */
  set(name, runs, value) {
    return this.#write(this.layer(name), runs, value);
  }

  /**
   * @param {Layer} layer @param {ArrayLike<number>} runs @param {0 | 1 | null} value null: the other one
   * @returns {Box | null}
   */
  #write(layer, runs, value) {
    const bits = this.pyramid.bits;
    const mark = 1 << layer.bit;
    for (let run = 0; run < runs.length; run += 2) {
      const end = runs[run] + runs[run + 1];
      for (let at = runs[run]; at < end; at++) {
        if (layer.pixels[at] === value) continue;
        layer.pixels[at] ^= 1;
        layer.count += layer.pixels[at] ? 1 : -1;
        bits[at] ^= mark;
      }
    }
    const box = boxAround(runs, this.width);
    if (box) this.#changed(box);
    return box;
  }

  /** @param {Box} box */
  #changed(box) {
    this.pyramid.refresh(box);
    this.extent = union(this.extent, box);
  }

  /** @returns {Step} that empties every layer; not made yet */
  clearing() {
    return [...this.layers.values()]
      .filter((layer) => layer.count)
      .map((layer) => ({ layer: layer.name, runs: Uint32Array.from(encode(layer.pixels)) }));
  }

  /** @param {Content} content of an image of this size @returns {Step} that leads to it; not made yet */
  difference(content) {
    const wanted = new Map(content.layers.map(({ defect_type, runs }) => [defect_type, runs]));
    wanted.set(IGNORE, content.ignore);
    const names = new Set([...this.layers.keys(), ...wanted.keys()]);
    return [...names].flatMap((name) => this.layerDifference(name, decode(wanted.get(name) ?? [], this.width, this.height)));
  }

  /** @param {string} name @param {Uint8Array} wanted pixels of the layer @returns {Step} that leads to them; not made yet */
  layerDifference(name, wanted) {
    const pixels = this.layers.get(name)?.pixels;
    const changed = pixels ? wanted.map((value, at) => value ^ pixels[at]) : wanted;
    const runs = Uint32Array.from(encode(changed));
    return runs.length ? [{ layer: name, runs }] : [];
  }

  /** @param {Content} content of an image of this size; the painting is empty before */
  load(content) {
    for (const { defect_type, runs } of content.layers) this.#loadLayer(defect_type, runs);
    if (content.ignore.length) this.#loadLayer(IGNORE, content.ignore);
  }

  /** @param {string} name @param {number[]} runs */
  #loadLayer(name, runs) {
    decode(runs, this.width, this.height); // refuses what does not fit before anything is changed
    this.set(name, runs, 1);
  }

  /** @returns {Content} */
  content() {
    const painted = [...this.layers.values()].filter((layer) => layer.name !== IGNORE && layer.count);
    const ignored = this.layers.get(IGNORE);
    return {
      layers: painted.map((layer) => ({ defect_type: layer.name, runs: encode(layer.pixels) })),
      ignore: ignored?.count ? encode(ignored.pixels) : [],
    };
  }
}
