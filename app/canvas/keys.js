// @ts-check
/**
 * The one key map of every page. A key becomes a named action, fired on `document` as `twinbank:action`
 * {action, phase}: "press" once a key press (held keys repeat for movement, size and undo), and for the keys that are
 * held down "hold" and "release". Keys are left alone while somebody types.
 */

import { toggleKeySheet } from "./key_sheet.js";

/** @typedef {{action: string, phase: "press" | "hold" | "release"}} Action */
/** @typedef {{action: string, keys: string[], does: string, group: string, isHeld?: boolean, repeats?: boolean, command?: "ctrl" | "ctrl+shift"}} KeyEntry */

const JUDGE = "Judge";
const MOVE = "Move and look";
const PAINT = "Paint";

/** @type {KeyEntry[]} */
export const KEY_MAP = [
  { action: "good", keys: ["G"], does: "Good, next image", group: JUDGE },
  { action: "defect", keys: ["N"], does: "Defect; next image unless something is painted", group: JUDGE },
  { action: "done", keys: ["Enter"], does: "Done: every defect here is painted; next image", group: JUDGE },
  { action: "unsure", keys: ["U"], does: "Unsure, next image", group: JUDGE },
  { action: "teach", keys: ["T"], does: "Teach", group: JUDGE },
  { action: "previous", keys: ["A"], does: "Previous image", group: MOVE, repeats: true },
  { action: "next", keys: ["D"], does: "Next image", group: MOVE, repeats: true },
  { action: "hide-mask", keys: ["H"], does: "Hold: hide the painting", group: MOVE, isHeld: true },
  { action: "hide-heatmap", keys: ["M"], does: "Hold: hide the heatmap", group: MOVE, isHeld: true },
  { action: "blink", keys: ["Q"], does: "Hold: the nearest good image", group: MOVE, isHeld: true },
  { action: "fit", keys: ["0"], does: "Whole image", group: MOVE },
  { action: "keys", keys: ["?"], does: "These keys", group: MOVE },
  { action: "brush", keys: ["B"], does: "Brush", group: PAINT },
  { action: "eraser", keys: ["E"], does: "Eraser", group: PAINT },
  { action: "polygon", keys: ["P"], does: "Polygon: click the corners; Enter closes it", group: PAINT },
  { action: "polygon-cut", keys: ["O"], does: "Polygon that takes away", group: PAINT },
  { action: "fill", keys: ["F"], does: "Fill a closed contour: click inside it", group: PAINT },
  { action: "assist", keys: ["S"], does: "Stroke along a defect: a draft of its mask", group: PAINT },
  { action: "model-draft", keys: ["X"], does: "Draft from what the model sees", group: PAINT },
  { action: "copy-draft", keys: ["C"], does: "Draft from the image painted before", group: PAINT },
  { action: "cancel", keys: ["Escape"], does: "Give up what is being drawn", group: PAINT },
  { action: "smaller", keys: [",", "["], does: "Smaller brush", group: PAINT, repeats: true },
  { action: "larger", keys: [".", "]"], does: "Larger brush", group: PAINT, repeats: true },
  { action: "redo", keys: ["Z"], does: "Make the stroke again", group: PAINT, repeats: true, command: "ctrl+shift" },
  { action: "undo", keys: ["Z"], does: "Undo the stroke", group: PAINT, repeats: true, command: "ctrl" },
  { action: "ignore", keys: ["I"], does: "Paint what shall be ignored", group: PAINT },
  ...Array.from({ length: 9 }, (_, at) => ({
    action: `type-${at + 1}`, keys: [String(at + 1)], does: `Defect type ${at + 1}`, group: PAINT,
  })),
];

/** @param {string} action @returns {string} its key, for a tooltip: "Ctrl+Z" */
export function keyOf(action) {
  const entry = KEY_MAP.find((candidate) => candidate.action === action);
  if (!entry) return "";
  const before = { ctrl: "Ctrl+", "ctrl+shift": "Ctrl+Shift+", none: "" }[entry.command ?? "none"];
  return entry.keys.map((key) => before + key).join(" ");
}

/** @param {KeyboardEvent} event @returns {KeyEntry | undefined} */
function entryFor(event) {
  const isCommand = event.ctrlKey || event.metaKey;
  if (event.altKey) return undefined;
  return KEY_MAP.find(({ keys, command }) => {
    if (isCommand !== Boolean(command)) return false;
    if (command && event.shiftKey !== (command === "ctrl+shift")) return false;
    return keys.some((key) => key.toLowerCase() === event.key.toLowerCase());
  });
}

const TYPED_INTO = "input, textarea, select, [contenteditable=''], [contenteditable='true'], [role='textbox'], [role='combobox']";
const NOT_TYPED = "input[type='range'], input[type='checkbox'], input[type='radio'], input[type='button']";

/** @param {KeyboardEvent} event */
function isTyping(event) {
  const target = event.composedPath()[0];
  if (!(target instanceof HTMLElement)) return false;
  return Boolean(target.closest(TYPED_INTO)) && !target.matches(NOT_TYPED);
}

/** Enter and Space belong to the button or link that has the focus. @param {KeyboardEvent} event */
function isPressingControl(event) {
  const target = event.composedPath()[0];
  const isControl = target instanceof HTMLElement && Boolean(target.closest("button, a[href], summary, [role='tab'], [role='option']"));
  return event.key === "Enter" && isControl;
}

/** @param {string} action @param {Action["phase"]} [phase] */
export function fire(action, phase = "press") {
  document.dispatchEvent(new CustomEvent("twinbank:action", { detail: { action, phase } }));
}

/** @type {Set<string>} */
const held = new Set();

function releaseAll() {
  for (const action of held) fire(action, "release");
  held.clear();
}

/** @param {KeyboardEvent} event */
function onKeyDown(event) {
  if (event.defaultPrevented || event.isComposing || isTyping(event) || isPressingControl(event)) return;
  const entry = entryFor(event);
  const isBehindDialog = document.querySelector("dialog[open]") && entry?.action !== "keys";
  if (!entry || isBehindDialog || (event.repeat && !entry.repeats)) return;
  event.preventDefault();
  if (entry.action === "keys") toggleKeySheet(KEY_MAP);
  if (entry.isHeld) held.add(entry.action);
  fire(entry.action, entry.isHeld ? "hold" : "press");
}

/** @param {KeyboardEvent} event */
function onKeyUp(event) {
  for (const { action, keys, isHeld } of KEY_MAP) {
    if (!isHeld || !held.has(action) || !keys.some((key) => key.toLowerCase() === event.key.toLowerCase())) continue;
    held.delete(action);
    fire(action, "release");
  }
}

/** Show or close the sheet of all keys. */
export function showKeys() {
  toggleKeySheet(KEY_MAP);
}

const INSTALLED = Symbol.for("twinbank.keys");

/** Listen on this page; does nothing the second time. */
export function install() {
  const page = /** @type {any} */ (document);
  if (page[INSTALLED]) return;
  page[INSTALLED] = true;
  document.addEventListener("keydown", onKeyDown);
  document.addEventListener("keyup", onKeyUp);
  addEventListener("blur", releaseAll);
}

install();
