// @ts-check
/** What a polygon covers, row by row: every pixel whose centre lies inside (even-odd rule, edges may cross). */

/** @typedef {import("./run_lengths.js").Box} Box */

/**
 * @param {[number, number][]} points corners in image pixels; the last is joined to the first
 * @param {number} width @param {number} height of the image
 * @param {(y: number, first: number, end: number) => void} emit pixels first..end-1 of row y
 * @returns {Box | null} the box around what was handed out
 */
export function fillPolygon(points, width, height, emit) {
  if (points.length < 3) return null;
  const box = { x0: width, y0: height, x1: 0, y1: 0 };
  const heights = points.map(([, y]) => y);
  const top = Math.max(0, Math.ceil(Math.min(...heights) - 0.5));
  const bottom = Math.min(height - 1, Math.floor(Math.max(...heights) - 0.5));
  for (let y = top; y <= bottom; y++) {
    const crossings = crossingsAt(points, y + 0.5);
    for (let at = 0; at + 1 < crossings.length; at += 2) {
      const first = Math.max(0, Math.ceil(crossings[at] - 0.5));
      const end = Math.min(width, Math.ceil(crossings[at + 1] - 0.5));
      if (first >= end) continue;
      emit(y, first, end);
      Object.assign(box, {
        x0: Math.min(box.x0, first), y0: Math.min(box.y0, y), x1: Math.max(box.x1, end), y1: Math.max(box.y1, y + 1),
      });
    }
  }
  return box.x0 < box.x1 ? box : null;
}

/** @param {[number, number][]} points @param {number} y @returns {number[]} where the edges cross this height, ascending */
function crossingsAt(points, y) {
  const found = [];
  for (let at = 0; at < points.length; at++) {
    const [ax, ay] = points[at];
    const [bx, by] = points[(at + 1) % points.length];
    if (ay <= y === by <= y) continue; // both ends on one side; a corner on the line counts once
    found.push(ax + ((y - ay) / (by - ay)) * (bx - ax));
  }
  return found.sort((a, b) => a - b);
}
