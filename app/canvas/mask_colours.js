// @ts-check
/** The colour of a pixel that several layers cover, and the pixels of a region of the screen. */

/** @typedef {import("./pyramid.js").Pyramid} Pyramid */
/** @typedef {import("./view.js").View} View */
/** @typedef {{x: number, y: number, width: number, height: number}} Region  in device pixels of the stage */

const FILL_ALPHA = 165;
const IGNORED_FILL = pack(128, 134, 145, 70);
const IGNORED_STRIPE = pack(205, 210, 220, 205);

/** @param {number} red @param {number} green @param {number} blue @param {number} alpha */
function pack(red, green, blue, alpha) {
  return ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0; // little-endian RGBA
}

/** @typedef {{fill: Uint32Array, edge: Uint32Array}} Colours  index: the bits of a pixel, ignore (bit 0) left out */

/**
 * @param {[number, number, number][]} layerColours of bit 1, 2, ...
 * @returns {Colours}
 */
export function colourTable(layerColours) {
  const size = 1 << layerColours.length;
  const table = { fill: new Uint32Array(size), edge: new Uint32Array(size) };
  for (let bits = 1; bits < size; bits++) {
    const here = layerColours.filter((_, at) => bits & (1 << at));
    const [red, green, blue] = [0, 1, 2].map((part) => here.reduce((sum, colour) => sum + colour[part], 0) / here.length);
    table.fill[bits] = pack(red, green, blue, FILL_ALPHA);
    table.edge[bits] = pack(red, green, blue, 255);
  }
  return table;
}

/** @param {string} hex "#rrggbb" @returns {[number, number, number]} */
export function parseColour(hex) {
  const number = /^#[0-9a-f]{6}$/i.test(hex) ? Number.parseInt(hex.slice(1), 16) : 0xe5484d;
  return [number >> 16, (number >> 8) & 255, number & 255];
}

/**
 * Look the painting up for every device pixel of a region.
 * @param {Pyramid} pyramid @param {View} view @param {number} ratio device pixels in a CSS pixel
 * @param {Region} region @param {Colours} colours @param {Uint32Array} out region.width * region.height
 */
export function paintRegion(pyramid, view, ratio, region, colours, out) {
  const scale = view.scale * ratio;
  const at = pyramid.levelFor(scale);
  const level = pyramid.levels[at];
  // One column and one row more than asked for, before the first: an edge is where a pixel differs from those.
  const columns = lookUp(view.left, scale, region.x - 1, region.width + 1, at, pyramid.levels[0].width);
  const rows = lookUp(view.top, scale, region.y - 1, region.height + 1, at, pyramid.levels[0].height);
  const above = new Uint16Array(region.width + 1);
  const { bits: source, width } = level;
  for (let y = 0; y <= region.height; y++) {
    const row = rows[y] < 0 ? -1 : rows[y] * width;
    let to = (y - 1) * region.width;
    let left = row < 0 || columns[0] < 0 ? 0 : source[row + columns[0]];
    for (let x = 1; x <= region.width; x++, to++) {
      const bits = row < 0 || columns[x] < 0 ? 0 : source[row + columns[x]];
      const isEdge = bits !== left || bits !== above[x];
      if (y) out[to] = bits && colourOf(bits, isEdge, region.x + x + region.y + y, colours);
      left = bits;
      above[x] = bits;
    }
  }
}

/** @param {number} bits @param {boolean} isEdge @param {number} diagonal @param {Colours} colours */
function colourOf(bits, isEdge, diagonal, colours) {
  if (bits & 1 && (isEdge || (diagonal & 7) < 2)) return IGNORED_STRIPE;
  if (bits === 1) return IGNORED_FILL;
  return isEdge ? colours.edge[bits >> 1] : colours.fill[bits >> 1];
}

/**
 * @param {number} origin @param {number} scale @param {number} first @param {number} count @param {number} level
 * @param {number} size of the image
 * @returns {Int32Array} the cell of the level under each device pixel; -1 outside the image
 */
function lookUp(origin, scale, first, count, level, size) {
  const cells = new Int32Array(count);
  for (let at = 0; at < count; at++) {
    const pixel = Math.floor(origin + (first + at + 0.5) / scale);
    cells[at] = pixel < 0 || pixel >= size ? -1 : pixel >> level;
  }
  return cells;
}
