// @ts-check
/**
 * Run lengths: how a mask travels between the browser and the server.
 * [start, length, start, length, ...] of the pixels that are 1, as flat indices y * width + x, ascending, never
 * empty, never touching. The same as run_lengths.py.
 */

/** @typedef {{x0: number, y0: number, x1: number, y1: number}} Box  x1 and y1 are outside */

export class RunLengthError extends Error {}

/**
 * @param {Uint8Array} mask of 0 and 1
 * @returns {number[]}
 */
export function encode(mask) {
  const runs = [];
  let start = mask.indexOf(1);
  while (start !== -1) {
    const found = mask.indexOf(0, start);
    const end = found === -1 ? mask.length : found;
    runs.push(start, end - start);
    start = end < mask.length ? mask.indexOf(1, end) : -1;
  }
  return runs;
}

/**
 * @param {ArrayLike<number>} runs
 * @param {number} width
 * @param {number} height
 * @returns {Uint8Array} width * height of 0 and 1
 */
export function decode(runs, width, height) {
  const size = width * height;
  if (runs.length % 2) throw new RunLengthError(`run lengths come in pairs, and ${runs.length} numbers came`);
  const mask = new Uint8Array(size);
  let end = -1;
  for (let at = 0; at < runs.length; at += 2) {
    const start = runs[at];
    const length = runs[at + 1];
    if (!Number.isInteger(start) || !Number.isInteger(length)) throw new RunLengthError("run lengths are whole numbers");
    if (length < 1 || start <= end || start < 0 || start + length > size) {
      throw new RunLengthError(`run ${at / 2} (${start}, ${length}) does not follow ${end} in ${size} pixels`);
    }
    end = start + length;
    mask.fill(1, start, end);
  }
  return mask;
}

/**
 * Each start and each length less the one before it: a stroke's rows lie one width apart and hardly differ in length, so
 * that this packs better.
 * @param {number[]} runs
 * @returns {number[]}
 */
export const stepsOf = (runs) => runs.map((number, at) => number - (at > 1 ? runs[at - 2] : 0));

/**
 * The pixels that are in one of the two, and not in both: where both change, nothing does.
 * @param {number[]} base
 * @param {number[]} changed
 * @returns {number[]}
 */
export function toggled(base, changed) {
  const [a, b] = [edgesOf(base), edgesOf(changed)];
  const edges = [];
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    if (a[i] === b[j]) {
      i++;
      j++;
    } else edges.push(j >= b.length || a[i] < b[j] ? a[i++] : b[j++]);
  }
  return edges.map((edge, at) => (at % 2 ? edge - edges[at - 1] : edge));
}

/** @param {number[]} runs @returns {number[]} where the mask changes */
const edgesOf = (runs) => runs.map((number, at) => (at % 2 ? runs[at - 1] + number : number));

/**
 * Two numbers of 32 bits that tell lists of run lengths apart. The same as `fingerprint` in run_lengths.py.
 * @param {number[][]} lists
 * @returns {[number, number]}
 */
export function fingerprint(lists) {
  let first = 0x811c9dc5;
  let second = 0x9e3779b9;
  const take = (/** @type {number} */ number) => {
    first = Math.imul(first ^ number, 0x01000193);
    second = Math.imul(second ^ number, 0x85ebca6b);
  };
  for (const runs of lists) {
    take(runs.length);
    runs.forEach(take);
  }
  return [first >>> 0, second >>> 0];
}

/**
 * Take the ones out of a box of a mask: their run lengths, and the box is 0 again.
 * @param {Uint8Array} mask
 * @param {number} width of the image
 * @param {Box} box
 * @returns {Uint32Array}
 */
export function takeOut(mask, width, box) {
  /** @type {number[]} */
  const runs = [];
  for (let y = box.y0; y < box.y1; y++) {
    const last = y * width + box.x1;
    let at = y * width + box.x0;
    while (at < last) {
      if (!mask[at]) {
        at++;
        continue;
      }
      const start = at;
      while (at < last && mask[at]) mask[at++] = 0;
      const before = runs.length - 2;
      if (before >= 0 && runs[before] + runs[before + 1] === start) runs[before + 1] += at - start;
      else runs.push(start, at - start);
    }
  }
  return Uint32Array.from(runs);
}

/**
 * @param {ArrayLike<number>} runs
 * @returns {number} how many pixels they hold
 */
export function pixelCount(runs) {
  let count = 0;
  for (let at = 1; at < runs.length; at += 2) count += runs[at];
  return count;
}

/**
 * @param {ArrayLike<number>} runs
 * @param {number} width of the image
 * @returns {Box | null} the smallest box of whole rows around them that is safe to redraw
 */
export function boxAround(runs, width) {
  if (!runs.length) return null;
  let x0 = width;
  let x1 = 0;
  for (let at = 0; at < runs.length; at += 2) {
    const x = runs[at] % width;
    const end = x + runs[at + 1];
    x0 = end > width ? 0 : Math.min(x0, x);
    x1 = end > width ? width : Math.max(x1, end);
  }
  const lastPixel = runs[runs.length - 2] + runs[runs.length - 1] - 1;
  return { x0, y0: Math.floor(runs[0] / width), x1, y1: Math.floor(lastPixel / width) + 1 };
}
