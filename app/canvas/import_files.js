// @ts-check
/** The files of an import: which were chosen, under which names, and what became of each. */

import { create } from "./dom.js";

/** @typedef {{file: File, name: string}} Picked the name begins with the folder where one was chosen */
/** @typedef {{name: string, reason: string}} Refused */

export const SUFFIXES = [".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp"];
const MARKS = { added: ["tw-mark-good", "✓"], known: ["tw-quiet", "="], refused: ["tw-mark-bad", "✕"] };

/** A folder may hold other files, too; what was chosen by itself is answered for, whatever it is. @param {FileList | null} files @returns {Picked[]} */
export function picked(files) {
  const all = [...(files ?? [])].map((file) => ({ file, name: file.webkitRelativePath || file.name }));
  return all.filter(({ file, name }) => !file.webkitRelativePath || SUFFIXES.some((suffix) => name.toLowerCase().endsWith(suffix)));
}

/** @param {string} text @param {keyof typeof MARKS} became */
function line(text, became) {
  const [kind, mark] = MARKS[became];
  return create("li", { "data-became": became }, [create("span", { class: kind, text: mark }), create("span", { text })]);
}

/** @param {Refused[]} refused */
export const refusedLines = (refused) => refused.map(({ name, reason }) => line(`${name}: ${reason}`, "refused"));

/** A line for every file, in the order in which they were sent. @param {Picked[]} files @param {{known: string[], refused: Refused[]}} answer */
export function resultLines(files, answer) {
  const [known, refused] = [[...answer.known], [...answer.refused]];
  return files.map(({ name }) => {
    const [wrong] = taken(refused, (candidate) => candidate.name === name);
    if (wrong) return line(`${name}: ${wrong.reason}`, "refused");
    return taken(known, (candidate) => candidate === name).length ? line(`${name}: already there`, "known") : line(name, "added");
  });
}

/**
 * Take the first that matches out of a list: two files may have one name.
 * @template T @param {T[]} list @param {(one: T) => boolean} matches @returns {T[]} one or none
 */
function taken(list, matches) {
  const at = list.findIndex(matches);
  return at < 0 ? [] : list.splice(at, 1);
}
