// @ts-check
/** A painted layer made larger, smaller or smoother, exact to the pixel. */

/** @typedef {import("./run_lengths.js").Box} Box */
/** @typedef {"grow" | "shrink" | "smooth"} Way */

/**
 * grow: dilation with a disc; shrink: erosion with it, the image's border does not count as an edge; smooth: what most
 * pixels are of the square of the same size around each, as far as it lies in the image.
 * @param {Uint8Array} mask of 0 and 1, read only
 * @param {number} width @param {number} height
 * @param {Box} box outside of which nothing is painted
 * @param {Way} way @param {number} radius in pixels, from 1
 * @returns {Uint8Array}
 */
export function reshaped(mask, width, height, box, way, radius) {
  const around = {
    x0: Math.max(0, box.x0 - radius), y0: Math.max(0, box.y0 - radius),
    x1: Math.min(width, box.x1 + radius), y1: Math.min(height, box.y1 + radius),
  };
  if (way === "smooth") return smoothed(mask, width, around, radius);
  const isGrowing = way === "grow";
  const shaped = mask.slice();
  for (let y = around.y0; y < around.y1; y++) {
    let end = around.x0;
    while (end < around.x1) {
      const first = mask.subarray(0, y * width + around.x1).indexOf(isGrowing ? 1 : 0, y * width + end) - y * width;
      if (first < 0) break;
      const stop = mask.subarray(0, y * width + around.x1).indexOf(isGrowing ? 0 : 1, y * width + first) - y * width;
      end = stop < 0 ? around.x1 : stop;
      spread(shaped, width, around, y, first, end, radius, isGrowing ? 1 : 0);
    }
  }
  return shaped;
}

/** Write `value` on everything within `radius` of a row's stretch. @param {Uint8Array} shaped @param {number} width @param {Box} around @param {number} y @param {number} first @param {number} end @param {number} radius @param {0 | 1} value */
function spread(shaped, width, around, y, first, end, radius, value) {
  for (let dy = Math.max(-radius, around.y0 - y); dy <= Math.min(radius, around.y1 - 1 - y); dy++) {
    const reach = Math.floor(Math.sqrt(radius * radius - dy * dy));
    const row = (y + dy) * width;
    shaped.fill(value, row + Math.max(around.x0, first - reach), row + Math.min(around.x1, end + reach));
  }
}

/** @param {Uint8Array} mask @param {number} width @param {Box} around @param {number} radius @returns {Uint8Array} */
function smoothed(mask, width, around, radius) {
  const height = mask.length / width;
  const shaped = mask.slice();
  const columns = new Int32Array(width); // painted pixels of each column, in the rows of the window
  const add = (/** @type {number} */ y, /** @type {1 | -1} */ sign) => {
    if (y < 0 || y >= height) return;
    for (let x = 0; x < width; x++) columns[x] += sign * mask[y * width + x];
  };
  for (let y = around.y0 - radius; y < around.y0 + radius; y++) add(y, 1);
  for (let y = around.y0; y < around.y1; y++) {
    add(y + radius, 1);
    const rows = Math.min(height, y + radius + 1) - Math.max(0, y - radius);
    let painted = 0;
    for (let x = Math.max(0, around.x0 - radius); x < Math.min(width, around.x0 + radius); x++) painted += columns[x];
    for (let x = around.x0; x < around.x1; x++) {
      if (x + radius < width) painted += columns[x + radius];
      const count = rows * (Math.min(width, x + radius + 1) - Math.max(0, x - radius));
      shaped[y * width + x] = 2 * painted > count ? 1 : 0;
      if (x - radius >= 0) painted -= columns[x - radius];
    }
    add(y - radius, -1);
  }
  return shaped;
}
