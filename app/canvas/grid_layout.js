// @ts-check
/** Where each card of a virtual grid stands, and which ones are in sight: pure geometry, in CSS pixels. */

const SMALLEST_CARD = 148;
const GAP = 8;
const CAPTION = 50;
const SHAPE = 0.72; // height of a thumbnail for its width
const ROWS_BEYOND = 2;

/** @typedef {{columns: number, width: number, height: number, rows: number, total: number}} Layout */

/** @param {number} room width there is @param {number} count of cards @returns {Layout} */
export function layOut(room, count) {
  const columns = Math.max(1, Math.floor((room - GAP) / (SMALLEST_CARD + GAP)));
  const width = Math.floor((room - GAP * (columns + 1)) / columns);
  const height = Math.round(width * SHAPE) + CAPTION;
  const rows = Math.ceil(count / columns);
  return { columns, width, height, rows, total: rows * (height + GAP) + GAP };
}

/** @param {Layout} layout @param {number} at */
export function placeOf({ columns, width, height }, at) {
  return { x: GAP + (at % columns) * (width + GAP), y: GAP + Math.floor(at / columns) * (height + GAP) };
}

/**
 * @param {Layout} layout @param {number} count @param {number} top scrolled away @param {number} seen height in sight
 * @returns {[number, number]} first card to draw, and the one after the last
 */
export function inSight({ columns, height }, count, top, seen) {
  const first = Math.max(0, Math.floor(top / (height + GAP)) - ROWS_BEYOND);
  const last = Math.ceil((top + seen) / (height + GAP)) + ROWS_BEYOND;
  return [Math.min(count, first * columns), Math.min(count, last * columns)];
}

/**
 * @param {Layout} layout @param {number} at @param {number} top @param {number} seen
 * @returns {number} where to scroll so that the card is in sight
 */
export function scrollFor(layout, at, top, seen) {
  const { y } = placeOf(layout, at);
  if (y - GAP < top) return y - GAP;
  return Math.max(top, y + layout.height + GAP - seen);
}
