// @ts-check
/**
 * Two people painted the same image: what each of them changed since the common base is kept.
 * Where both changed a pixel they changed it to the same value, because a pixel has only two.
 */

import { decode, encode } from "./run_lengths.js";

/** @typedef {import("./painting.js").Content} Content */

/**
 * @param {Content} base what both started from
 * @param {Content} mine @param {Content} theirs
 * @param {number} width @param {number} height
 * @returns {Content}
 */
export function merge(base, mine, theirs, width, height) {
  const names = new Set([...base.layers, ...mine.layers, ...theirs.layers].map((layer) => layer.defect_type));
  const mergeRuns = (/** @type {number[][]} */ ...sides) => threeWay(sides, width, height);
  const layers = [...names]
    .map((name) => ({ defect_type: name, runs: mergeRuns(runsOf(base, name), runsOf(mine, name), runsOf(theirs, name)) }))
    .filter((layer) => layer.runs.length);
  return { layers, ignore: mergeRuns(base.ignore, mine.ignore, theirs.ignore) };
}

/** @param {Content} content @param {string} name */
export function runsOf(content, name) {
  return content.layers.find((layer) => layer.defect_type === name)?.runs ?? [];
}

/** @param {number[][]} sides base, mine, theirs @param {number} width @param {number} height */
function threeWay(sides, width, height) {
  const [base, mine, theirs] = sides.map((runs) => decode(runs, width, height));
  for (let at = 0; at < theirs.length; at++) if (mine[at] !== base[at]) theirs[at] = mine[at];
  return encode(theirs);
}

/**
 * What to change to come from one content to another.
 * @param {number[]} before @param {number[]} after @param {number} width @param {number} height
 * @returns {{added: number[], removed: number[]}}
 */
export function difference(before, after, width, height) {
  const from = decode(before, width, height);
  const to = decode(after, width, height);
  const added = new Uint8Array(from.length);
  const removed = new Uint8Array(from.length);
  for (let at = 0; at < from.length; at++) {
    if (from[at] === to[at]) continue;
    if (to[at]) added[at] = 1;
    else removed[at] = 1;
  }
  return { added: encode(added), removed: encode(removed) };
}

/** The painting as text: the same for the same pixels, in whatever order the layers come. @param {Content} content */
export function canonical({ layers, ignore }) {
  const sorted = [...layers].sort((x, y) => (x.defect_type < y.defect_type ? -1 : 1));
  return JSON.stringify([ignore, sorted.map((layer) => [layer.defect_type, layer.runs])]);
}

/** Whether the same pixels are painted. @param {Content} a @param {Content} b */
export function isSame(a, b) {
  return canonical(a) === canonical(b);
}
