// @ts-check
/**
 * What a round brush covers when it moves along a straight line: a capsule, filled row by row.
 * Pixel (x, y) is covered when its centre (x + 0.5, y + 0.5) lies in the capsule; the pixels under both ends always are,
 * so the thinnest brush leaves no gap. (Stamping discs along the line misses 0.1 % of the capsule.)
 */

/** @typedef {import("./run_lengths.js").Box} Box */

/**
 * The covered stretch of the row whose centres lie at height `y`, in real numbers; null when the row is missed.
 * @param {number} ax @param {number} ay @param {number} bx @param {number} by both ends
 * @param {number} radius @param {number} y
 * @returns {[number, number] | null}
 */
export function stretchAt(ax, ay, bx, by, radius, y) {
  let left = Infinity;
  let right = -Infinity;
  for (const [cx, cy] of [[ax, ay], [bx, by]]) {
    const room = radius * radius - (y - cy) * (y - cy);
    if (room < 0) continue;
    const half = Math.sqrt(room);
    left = Math.min(left, cx - half);
    right = Math.max(right, cx + half);
  }
  const body = bodyAt(ax, ay, bx, by, radius, y);
  if (body) {
    left = Math.min(left, body[0]);
    right = Math.max(right, body[1]);
  }
  return left <= right ? [left, right] : null;
}

/**
 * The same for the rectangle between the two round ends: |distance to the line| <= radius, 0 <= projection <= length.
 * @param {number} ax @param {number} ay @param {number} bx @param {number} by
 * @param {number} radius @param {number} y
 * @returns {[number, number] | null}
 */
function bodyAt(ax, ay, bx, by, radius, y) {
  const length = Math.hypot(bx - ax, by - ay);
  if (length === 0) return null;
  const ux = (bx - ax) / length;
  const uy = (by - ay) / length;
  const dy = y - ay;
  const along = between(ux, uy * dy, 0, length);
  const across = along && between(uy, -ux * dy, -radius, radius);
  if (!along || !across) return null;
  const left = Math.max(along[0], across[0]);
  const right = Math.min(along[1], across[1]);
  return left <= right ? [ax + left, ax + right] : null;
}

/**
 * All t with low <= slope * t + offset <= high.
 * @param {number} slope @param {number} offset @param {number} low @param {number} high
 * @returns {[number, number] | null}
 */
function between(slope, offset, low, high) {
  if (slope === 0) return offset >= low && offset <= high ? [-Infinity, Infinity] : null;
  const a = (low - offset) / slope;
  const b = (high - offset) / slope;
  return a < b ? [a, b] : [b, a];
}

/**
 * Hand out the covered pixels row by row, inside the image.
 * @param {number} ax @param {number} ay @param {number} bx @param {number} by both ends, in image pixels
 * @param {number} radius
 * @param {number} width @param {number} height of the image
 * @param {(y: number, first: number, end: number) => void} emit pixels first..end-1 of row y
 * @returns {Box | null} the box around what was handed out
 */
export function fillCapsule(ax, ay, bx, by, radius, width, height, emit) {
  /** @type {Box} */
  const box = { x0: width, y0: height, x1: 0, y1: 0 };
  const give = (/** @type {number} */ y, /** @type {number} */ from, /** @type {number} */ to) => {
    const first = Math.max(0, from);
    const end = Math.min(width, to);
    if (y < 0 || y >= height || first >= end) return;
    emit(y, first, end);
    box.x0 = Math.min(box.x0, first);
    box.x1 = Math.max(box.x1, end);
    box.y0 = Math.min(box.y0, y);
    box.y1 = Math.max(box.y1, y + 1);
  };
  const top = Math.max(0, Math.ceil(Math.min(ay, by) - radius - 0.5));
  const bottom = Math.min(height - 1, Math.floor(Math.max(ay, by) + radius - 0.5));
  for (let y = top; y <= bottom; y++) {
    const stretch = stretchAt(ax, ay, bx, by, radius, y + 0.5);
    if (stretch) give(y, Math.ceil(stretch[0] - 0.5), Math.floor(stretch[1] - 0.5) + 1);
  }
  for (const [x, y] of [[ax, ay], [bx, by]]) give(Math.floor(y), Math.floor(x), Math.floor(x) + 1);
  return box.x0 < box.x1 ? box : null;
}

/**
 * @param {Box | null} a
 * @param {Box | null} b
 * @returns {Box | null} the box around both
 */
export function union(a, b) {
  if (!a || !b) return a ?? b;
  return {
    x0: Math.min(a.x0, b.x0), y0: Math.min(a.y0, b.y0), x1: Math.max(a.x1, b.x1), y1: Math.max(a.y1, b.y1),
  };
}
