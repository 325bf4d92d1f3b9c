// @ts-check
/** The inside of a contour that was painted around it. */

/** @typedef {import("./run_lengths.js").Box} Box */

/**
 * Hand out the pixels that are 0 and joined (over sides, not corners) with (x, y).
 * @param {Uint8Array} mask of 0 and 1, read only
 * @param {number} width @param {number} height @param {number} x @param {number} y where to begin
 * @returns {[number, number, number][] | null} rows [y, first, end]; null when they reach the image's border (the contour is open)
 */
export function insideOf(mask, width, height, x, y) {
  if (x < 0 || y < 0 || x >= width || y >= height || mask[y * width + x]) return [];
  const seen = new Uint8Array(mask.length);
  /** @type {[number, number, number][]} */
  const rows = [];
  const todo = [[x, y]];
  while (todo.length) {
    const [startX, startY] = /** @type {number[]} */ (todo.pop());
    const row = startY * width;
    if (seen[row + startX]) continue;
    let first = startX;
    let end = startX + 1;
    while (first > 0 && !mask[row + first - 1]) first--;
    while (end < width && !mask[row + end]) end++;
    if (first === 0 || end === width || startY === 0 || startY === height - 1) return null;
    seen.fill(1, row + first, row + end);
    rows.push([startY, first, end]);
    for (const next of [startY - 1, startY + 1]) addStarts(mask, seen, next * width, first, end, next, todo);
  }
  return rows;
}

/**
 * One start for each stretch of zeros in a row.
 * @param {Uint8Array} mask @param {Uint8Array} seen @param {number} row @param {number} first @param {number} end @param {number} y
 * @param {number[][]} todo
 */
function addStarts(mask, seen, row, first, end, y, todo) {
  for (let x = first; x < end; x++) {
    if (mask[row + x] || seen[row + x]) continue;
    if (x === first || mask[row + x - 1]) todo.push([x, y]);
  }
}
