// @ts-check
/**
 * Which layers cover each pixel, as one bit a layer, and the same at half, a quarter, ... of the size.
 * A coarse cell has a bit when any pixel under it has: a defect of one pixel stays visible at any zoom.
 */

/** @typedef {import("./run_lengths.js").Box} Box */
/** @typedef {{bits: Uint16Array, width: number, height: number}} Level */

const SMALLEST_SIDE = 256;

export class Pyramid {
  /** @param {number} width @param {number} height */
  constructor(width, height) {
    /** @type {Level[]} */
    this.levels = [{ bits: new Uint16Array(width * height), width, height }];
    for (let top = this.levels[0]; Math.max(top.width, top.height) > SMALLEST_SIDE; top = this.levels[this.levels.length - 1]) {
      const next = { width: Math.ceil(top.width / 2), height: Math.ceil(top.height / 2) };
      this.levels.push({ ...next, bits: new Uint16Array(next.width * next.height) });
    }
  }

  get bits() {
    return this.levels[0].bits;
  }

  /**
   * The finest level that skips no pixel when one image pixel is `scale` pixels of the screen.
   * @param {number} scale
   */
  levelFor(scale) {
    const wanted = scale >= 1 ? 0 : Math.ceil(Math.log2(1 / scale) - 1e-9);
    return Math.min(wanted, this.levels.length - 1);
  }

  /** @param {Box} box whose pixels have changed at full size */
  refresh(box) {
    let { x0, y0, x1, y1 } = box;
    for (let at = 1; at < this.levels.length; at++) {
      x0 >>= 1;
      y0 >>= 1;
      x1 = (x1 + 1) >> 1;
      y1 = (y1 + 1) >> 1;
      this.#gather(this.levels[at - 1], this.levels[at], { x0, y0, x1, y1 });
    }
  }

  /** @param {Level} fine @param {Level} coarse @param {Box} box of the coarse one */
  #gather(fine, coarse, box) {
    const source = fine.bits;
    for (let y = box.y0; y < box.y1; y++) {
      const upper = 2 * y * fine.width;
      const lower = 2 * y + 1 < fine.height ? upper + fine.width : upper;
      for (let x = box.x0; x < box.x1; x++) {
        const left = 2 * x;
        const right = left + 1 < fine.width ? left + 1 : left;
        coarse.bits[y * coarse.width + x] =
          source[upper + left] | source[upper + right] | source[lower + left] | source[lower + right];
      }
    }
  }
}
