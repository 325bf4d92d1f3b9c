// @ts-check
/**
 * Which part of the image is on the screen: pure geometry.
 * A point of the image at (x, y) is shown at ((x - left) * scale, (y - top) * scale), in CSS pixels of the stage.
 */

/** @typedef {{scale: number, left: number, top: number}} View */
/** @typedef {{width: number, height: number}} Size */

const MARGIN = 12;
const LARGEST_SCALE = 40;

/** @param {Size} image @param {Size} stage @returns {View} the whole image, centred */
export function fit(image, stage) {
  const room = { width: Math.max(1, stage.width - 2 * MARGIN), height: Math.max(1, stage.height - 2 * MARGIN) };
  const scale = Math.min(room.width / image.width, room.height / image.height, LARGEST_SCALE);
  return {
    scale,
    left: (image.width - stage.width / scale) / 2,
    top: (image.height - stage.height / scale) / 2,
  };
}

/**
 * Zoom so that the point of the image under the pointer stays there.
 * @param {View} view @param {number} x @param {number} y @param {number} factor @param {Size} image @param {Size} stage
 * @returns {View}
 */
export function zoomAt(view, x, y, factor, image, stage) {
  const smallest = Math.min(fit(image, stage).scale, 1) / 2;
  const scale = Math.min(LARGEST_SCALE, Math.max(smallest, view.scale * factor));
  const left = view.left + x / view.scale - x / scale;
  const top = view.top + y / view.scale - y / scale;
  return keepInSight({ scale, left, top }, image, stage);
}

/** @param {View} view @param {number} dx @param {number} dy @param {Size} image @param {Size} stage @returns {View} */
export function pan(view, dx, dy, image, stage) {
  const moved = { ...view, left: view.left - dx / view.scale, top: view.top - dy / view.scale };
  return keepInSight(moved, image, stage);
}

/** @param {View} view @param {Size} image @param {Size} stage @returns {View} with the stage's middle on the image */
function keepInSight(view, image, stage) {
  const halfWidth = stage.width / view.scale / 2;
  const halfHeight = stage.height / view.scale / 2;
  return {
    scale: view.scale,
    left: Math.min(image.width - halfWidth, Math.max(-halfWidth, view.left)),
    top: Math.min(image.height - halfHeight, Math.max(-halfHeight, view.top)),
  };
}

/** @param {View} view @param {number} x @param {number} y of the stage @returns {[number, number]} of the image */
export function toImage(view, x, y) {
  return [view.left + x / view.scale, view.top + y / view.scale];
}

/** @param {View} view @param {number} x @param {number} y of the image @returns {[number, number]} of the stage */
export function toStage(view, x, y) {
  return [(x - view.left) * view.scale, (y - view.top) * view.scale];
}
