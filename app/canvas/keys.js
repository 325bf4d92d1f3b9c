// @ts-check
/**
 * The keys of every page. A key becomes a named action, fired on `document` as `twinbank:action`
 * {action, phase}: "press" once a key press (held keys repeat for movement, size and undo), and for the keys that are
 * held down "hold" and "release". Keys are left alone while somebody types.
 */

import { isPressingControl, isTyping } from "./focus.js";
import { entryFor } from "./key_entries.js";
import { toggleKeySheet } from "./key_sheet.js";

/** @typedef {{action: string, phase: "press" | "hold" | "release"}} Action */

/** @param {string} action @param {Action["phase"]} [phase] */
export function fire(action, phase = "press") {
  document.dispatchEvent(new CustomEvent("twinbank:action", { detail: { action, phase } }));
}

/** @type {Map<string, string>} actions by the place of the key that is held down */
const held = new Map();

function releaseAll() {
  for (const action of held.values()) fire(action, "release");
  held.clear();
}

/** @param {KeyboardEvent} event */
function onKeyDown(event) {
  if (event.defaultPrevented || event.isComposing || isTyping(event) || isPressingControl(event)) return;
  const entry = entryFor(event);
  const isBehindDialog = document.querySelector("dialog[open]") && entry?.action !== "keys";
  if (!entry || isBehindDialog || (event.repeat && !entry.repeats)) return;
  event.preventDefault();
  if (entry.action === "keys") toggleKeySheet();
  if (entry.isHeld) held.set(event.code, entry.action);
  fire(entry.action, entry.isHeld ? "hold" : "press");
}

/** @param {KeyboardEvent} event */
function onKeyUp({ code }) {
  const action = held.get(code);
  if (action === undefined) return;
  held.delete(code);
  fire(action, "release");
}

/** Show or close the sheet of all keys. */
export function showKeys() {
  toggleKeySheet();
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
