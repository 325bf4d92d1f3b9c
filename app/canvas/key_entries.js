// @ts-check
/** Which key does what: the one key map of every page, and the keys that this person chose instead, kept in the browser. */

/** @typedef {{action: string, keys: string[], does: string, group: string, isHeld?: boolean, repeats?: boolean, command?: "ctrl" | "ctrl+shift"}} KeyEntry */

const JUDGE = "Judge";
const MOVE = "Move and look";
const PAINT = "Paint";
export const MASK = "Help with the mask";

/** @type {KeyEntry[]} */
export const KEY_MAP = [
  { action: "good", keys: ["G"], does: "Good, next image", group: JUDGE },
  { action: "defect", keys: ["N"], does: "Defect; next image unless something is painted", group: JUDGE },
  { action: "done", keys: ["Enter"], does: "Done: every defect here is painted; next image", group: JUDGE },
  { action: "unsure", keys: ["U"], does: "Unsure, next image", group: JUDGE },
  { action: "teach", keys: ["T"], does: "Teach: on Label and Teach a lesson starts; elsewhere Teach is opened", group: JUDGE },
  { action: "previous", keys: ["A"], does: "Previous image", group: MOVE, repeats: true },
  { action: "next", keys: ["D"], does: "Next image", group: MOVE, repeats: true },
  { action: "hide-mask", keys: ["H"], does: "Hold: hide the painting", group: MOVE, isHeld: true },
  { action: "hide-heatmap", keys: ["M"], does: "Hold: hide the heatmap", group: MOVE, isHeld: true },
  { action: "blink", keys: ["Q"], does: "Hold: the nearest good image", group: MOVE, isHeld: true },
  { action: "patches", keys: ["L"], does: "What the model would learn here, patch by patch", group: MOVE },
  { action: "fit", keys: ["0"], does: "Whole image", group: MOVE },
  { action: "keys", keys: ["?"], does: "These keys", group: MOVE },
  { action: "brush", keys: ["B"], does: "Brush", group: PAINT },
  { action: "eraser", keys: ["E"], does: "Eraser", group: PAINT },
  { action: "polygon", keys: ["P"], does: "Polygon: click the corners; Enter or a double click closes it", group: PAINT },
  { action: "polygon-cut", keys: ["O"], does: "Polygon that takes away", group: PAINT },
  { action: "fill", keys: ["F"], does: "Fill a closed contour: click inside it", group: PAINT },
  { action: "assist", keys: ["S"], does: "Click on a defect or stroke along it: a draft of its mask; again: by another method", group: MASK },
  { action: "model-draft", keys: ["X"], does: "Draft from what the model sees", group: MASK },
  { action: "copy-draft", keys: ["C"], does: "Draft from the image painted before; again: from the most similar one", group: MASK },
  { action: "grow", keys: ["+", "="], does: "Grow what is painted", group: MASK, repeats: true },
  { action: "shrink", keys: ["-"], does: "Shrink what is painted", group: MASK, repeats: true },
  { action: "smooth", keys: ["R"], does: "Round off what is painted", group: MASK, repeats: true },
  { action: "cancel", keys: ["Escape"], does: "Give up what is being drawn", group: MASK },
  { action: "smaller", keys: [",", "["], does: "Smaller brush or draft", group: PAINT, repeats: true },
  { action: "larger", keys: [".", "]"], does: "Larger brush or draft", group: PAINT, repeats: true },
  { action: "redo", keys: ["Z"], does: "Make the stroke again", group: PAINT, repeats: true, command: "ctrl+shift" },
  { action: "redo", keys: ["Y"], does: "Make the stroke again", group: PAINT, repeats: true, command: "ctrl" },
  { action: "undo", keys: ["Z"], does: "Undo the stroke", group: PAINT, repeats: true, command: "ctrl" },
  { action: "ignore", keys: ["I"], does: "Paint what shall be ignored", group: PAINT },
  ...Array.from({ length: 9 }, (_, at) => ({
    action: `type-${at + 1}`, keys: [String(at + 1)], does: `Defect type ${at + 1}`, group: PAINT,
  })),
];

const KEPT = "twinbank-keys";
const NOT_FREE = ["Escape", "Tab", " ", "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Shift", "Control", "Alt", "AltGraph", "Meta"];

/** @returns {Record<string, string>} by action */
function readOwn() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT) ?? "{}");
    return Object.fromEntries(KEY_MAP.filter(({ action }) => typeof kept[action] === "string").map(({ action }) => [action, kept[action]]));
  } catch {
    return {}; // a browser that keeps nothing, or something else under this name: the usual keys
  }
}

let own = readOwn();

/** @param {Record<string, string>} chosen */
function keep(chosen) {
  own = chosen;
  try {
    localStorage.setItem(KEPT, JSON.stringify(own));
  } catch {
    // a browser that keeps nothing: they hold until the page is closed
  }
  tell();
}

/** Every label that names a key follows. */
function tell() {
  document.querySelectorAll("[data-does]").forEach((element) => nameKey(/** @type {HTMLElement} */ (element)));
}

addEventListener("storage", ({ key }) => {
  if (key !== KEPT) return;
  own = readOwn();
  tell();
});

/** @returns {KeyEntry[]} with this person's own keys */
export function entries() {
  return KEY_MAP.map((entry) => (Object.hasOwn(own, entry.action) ? { ...entry, keys: [own[entry.action]] } : entry));
}

export const hasOwnKeys = () => Object.keys(own).length > 0;

export const useUsualKeys = () => keep({});

/** @param {KeyEntry} entry */
export const isOfTypes = ({ action }) => action.startsWith("type-");

/** @param {string} key @param {boolean} isCommand @param {KeyEntry} entry */
const has = (key, isCommand, { keys, command }) => isCommand === Boolean(command) && keys.some((one) => one.toLowerCase() === key.toLowerCase());

/** Keys with Ctrl are the same everywhere, and many of the others are the browser's own. @param {KeyEntry} entry */
export const isFixed = (entry) => isOfTypes(entry) || entry.action === "cancel" || entry.command !== undefined;

/**
 * Give an action another key. The action that had it gets the one that becomes free: none is ever without a key.
 * @param {string} action @param {KeyboardEvent} event the new key, pressed @returns {string} a sentence: what has changed, or why nothing has
 */
export function changeKey(action, event) {
  const known = entries();
  const entry = known.find((one) => one.action === action);
  if (!entry || isFixed(entry)) return "";
  const key = event.key.length === 1 ? event.key.toUpperCase() : event.key;
  if (NOT_FREE.includes(key)) return "This key has a use of its own. Choose another.";
  const sharing = known.filter((one) => has(key, false, one) && one.action !== action);
  const isOfDigit = Boolean(typeAt(event)) && !event.getModifierState("AltGraph");
  if (isOfDigit || sharing.some(isOfTypes)) return "The digits 1 to 9 belong to the defect types. Choose another key.";
  const chosen = { ...own, [action]: key };
  for (const other of sharing) chosen[other.action] = entry.keys[0];
  keep(chosen);
  return [`${key}: ${entry.does}.`, ...sharing.map((other) => `${entry.keys[0]}: ${other.does}.`)].join(" ");
}

/** @param {string} key @param {KeyEntry} entry */
const shown = (key, entry) => ({ ctrl: "Ctrl+", "ctrl+shift": "Ctrl+Shift+", none: "" })[entry.command ?? "none"] + key;

/** @param {string} action @returns {string} its key, for a tooltip: "Ctrl+Z", "Ctrl+Shift+Z or Ctrl+Y" */
export function keyOf(action) {
  const found = entries().filter((candidate) => candidate.action === action);
  return found.map((entry) => entry.keys.map((key) => shown(key, entry)).join(" ")).join(" or ");
}

const IN_WORDS = /** @type {Record<string, string>} */ ({
  ",": "the comma", ".": "the full stop", ";": "the semicolon", ":": "the colon", "-": "the minus", "–": "the dash", "_": "the underscore",
  "'": "the apostrophe", "’": "the apostrophe", '"': "the quotation mark", "`": "the backtick", "´": "the accent", "?": "the question mark", "!": "the exclamation mark",
});

/** @param {string} action @returns {string} one key of it as it can be read in a sentence: a mark that would end or part one is put in words */
export function keyInText(action) {
  const keys = entries().find((candidate) => candidate.action === action)?.keys ?? [];
  return keys.find((key) => !Object.hasOwn(IN_WORDS, key)) ?? IN_WORDS[keys[0]] ?? "";
}

/**
 * Name the key of what an element does (`data-does`, of the action `data-key`) in its title, its label and its `kbd`.
 * @template {HTMLElement} T @param {T} element @returns {T}
 */
export function nameKey(element) {
  const { does = "", key: action = "" } = element.dataset;
  const key = keyOf(action);
  element.title = key ? `${does} (${key})` : does;
  if (element.hasAttribute("aria-label")) element.setAttribute("aria-label", element.title);
  const kbd = element.querySelector("kbd");
  if (kbd) kbd.textContent = key === "Enter" ? "⏎" : key;
  return element;
}

/**
 * The entry that a key press means. The digits' places choose the defect types on every keyboard, also where other
 * characters lie there without Shift; only a key that this person chose goes before. A key of another alphabet counts
 * as the Latin one at its place. What AltGr writes counts as written.
 * @param {KeyboardEvent} event @returns {KeyEntry | undefined}
 */
export function entryFor(event) {
  const isWritten = event.getModifierState("AltGraph"); // on Windows Ctrl and Alt seem held then
  if (event.altKey && !isWritten) return undefined;
  const isCommand = !isWritten && (event.ctrlKey || event.metaKey);
  const known = entries().filter(({ command }) => !command || event.shiftKey === (command === "ctrl+shift"));
  const find = (/** @type {string} */ key) => known.find((entry) => has(key, isCommand, entry));
  const byKey = find(event.key);
  if (isWritten) return byKey;
  const isChosen = byKey && !usualKeys(byKey.action).includes(byKey.keys[0]);
  return (isChosen ? undefined : find(typeAt(event))) ?? byKey ?? find(letterAt(event));
}

/** @param {string} action */
const usualKeys = (action) => KEY_MAP.find((entry) => entry.action === action)?.keys ?? [];

/** @param {KeyboardEvent} event @returns {string} the digit of the defect type at the place of the key; "": none is */
export function typeAt({ code, shiftKey }) {
  return shiftKey ? "" : (/^Digit([1-9])$/.exec(code)?.[1] ?? "");
}

/** @param {KeyboardEvent} event @returns {string} what a Latin keyboard has there; "": the key means itself */
function letterAt({ key, code, shiftKey }) {
  if (code === "Digit0") return shiftKey ? "" : "0";
  return key > "\u007f" && key.length === 1 ? (/^Key([A-Z])$/.exec(code)?.[1] ?? "") : "";
}
