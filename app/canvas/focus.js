// @ts-check
/** Whom a key press belongs to: the field, the button or the box that has the focus, or the page. */

const TYPED_INTO = "input, textarea, select, [contenteditable=''], [contenteditable='true'], [role='textbox'], [role='combobox']";
const NOT_TYPED = "input[type='range'], input[type='checkbox'], input[type='radio'], input[type='button']";
const PRESSED = "button, a[href], summary, [role='tab'], [role='option']";
const SWITCHED = "input[type='checkbox'], input[type='radio'], input[type='button']";

// Whether the focus is where the pointer was: who works with the mouse means the image by Space, not the box clicked last.
let isPointed = false;
let isPointerLast = false;

document.addEventListener("pointerdown", () => (isPointed = isPointerLast = true), true);
document.addEventListener("keydown", () => (isPointerLast = false), true);
document.addEventListener("focusin", () => (isPointed = isPointerLast), true);

/** @param {Event} event @returns {HTMLElement | null} also inside a component with a tree of its own */
function targetOf(event) {
  const target = event.composedPath()[0];
  return target instanceof HTMLElement ? target : null;
}

/** Text is typed, or a value is chosen from a list. @param {KeyboardEvent} event */
export function isTyping(event) {
  const target = targetOf(event);
  return Boolean(target?.closest(TYPED_INTO)) && !target?.matches(NOT_TYPED);
}

/** Enter belongs to the button or link that has the focus. @param {KeyboardEvent} event */
export function isPressingControl(event) {
  return event.key === "Enter" && Boolean(targetOf(event)?.closest(PRESSED));
}

/** Whether Space types, presses or switches something. @param {KeyboardEvent} event */
export function isSpaceTaken(event) {
  if (document.querySelector("dialog[open]") || isTyping(event)) return true;
  const target = targetOf(event);
  return !isPointed && Boolean(target?.closest(PRESSED) || target?.matches(SWITCHED));
}
