// @ts-check
/** How this person likes the painter: kept in the browser, never on the server. */

import { limitLook } from "./display_look.js";

const KEY = "twinbank-painter";
const HEATMAP_KEY = "twinbank-heatmap";
const SMALLEST = 1;
const LARGEST = 400;

/** @typedef {{size: number, mask: number, heatmap: number, patches: boolean, look: import("./display_look.js").Look}} Preferences */

/** @returns {Preferences} */
export function load() {
  const usual = { size: 16, mask: 0.75, heatmap: 0.5 };
  let look = limitLook();
  let patches = false;
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    patches = kept.patches === true;
    for (const name of /** @type {("size" | "mask" | "heatmap")[]} */ (["size", "mask", "heatmap"])) {
      if (Number.isFinite(kept[name])) usual[name] = kept[name];
    }
    look = limitLook(kept.look);
  } catch {
    // a browser that keeps nothing, or something else under this key: the usual ones
  }
  return { size: limitSize(usual.size), mask: limit(usual.mask), heatmap: limit(usual.heatmap), patches, look };
}

/** @param {Preferences} preferences */
export function save(preferences) {
  try {
    localStorage.setItem(KEY, JSON.stringify(preferences));
  } catch {
    // a browser that keeps nothing: they hold until the page is closed
  }
}

/** @returns {boolean} whether the page Label shows the heatmap */
export function isHeatmapOn() {
  try {
    return localStorage.getItem(HEATMAP_KEY) !== "off";
  } catch {
    return true; // a browser that keeps nothing
  }
}

/** @param {boolean} isOn */
export function keepHeatmap(isOn) {
  try {
    localStorage.setItem(HEATMAP_KEY, isOn ? "on" : "off");
  } catch {
    // a browser that keeps nothing: it holds until the page is closed
  }
}

/** @param {number} opacity */
const limit = (opacity) => Math.min(1, Math.max(0, opacity));

/** @param {number} pixels */
export const limitSize = (pixels) => Math.min(LARGEST, Math.max(SMALLEST, Math.round(pixels)));

/** The slider is logarithmic: every step changes the brush by the same share. @param {number} position 0 to 100 */
export const sliderToSize = (position) => limitSize(SMALLEST * (LARGEST / SMALLEST) ** (position / 100));

/** @param {number} pixels */
export const sizeToSlider = (pixels) => Math.round((100 * Math.log(pixels / SMALLEST)) / Math.log(LARGEST / SMALLEST));

/** One key press larger or smaller. @param {number} pixels @param {1 | -1} way */
export const nextSize = (pixels, way) => limitSize(pixels + way * Math.max(1, Math.round(pixels * 0.15)));
