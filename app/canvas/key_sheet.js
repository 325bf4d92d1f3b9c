// @ts-check
/** The sheet of all keys, and where a person chooses others: a modal dialog that Esc closes. */

import { create, icon, loadStyle } from "./dom.js";
import { FAR } from "./draft.js";
import { changeKey, entries, hasOwnKeys, isFixed, isOfTypes, MASK, useUsualKeys } from "./key_entries.js";

/** @typedef {import("./key_entries.js").KeyEntry} KeyEntry */

const SHEET_ID = "twinbank-key-sheet";
const ON_THE_IMAGE = "On the image: the wheel zooms, with Alt it changes the brush; Space or the middle button drags; the right button or Ctrl erases. Two fingers drag and zoom.";
const HOW = "Click a key to choose another one. Your keys are kept in this browser.";

export async function toggleKeySheet() {
  const open = /** @type {HTMLDialogElement | null} */ (document.getElementById(SHEET_ID));
  if (open) return open.close();
  const sheet = new KeySheet().dialog;
  document.body.append(sheet);
  await loadStyle("key_sheet.css");
  return sheet.isConnected ? sheet.showModal() : undefined;
}

class KeySheet {
  constructor() {
    /** The action whose new key is waited for. @type {string | null} */
    this.awaited = null;
    this.said = create("p", { role: "status", text: HOW });
    this.usual = create("button", { type: "button", class: "tb-key-usual", text: "Back to the usual keys", onclick: () => this.#reset() });
    this.groups = create("div", { class: "tb-key-groups" });
    const close = create("button", { type: "button", class: "tb-key-close", "aria-label": "Close", onclick: () => this.dialog.close() }, [icon("close")]);
    const heading = create("h2", { id: `${SHEET_ID}-title`, text: "Keys" });
    this.dialog = create("dialog", { id: SHEET_ID, "aria-labelledby": heading.id }, [
      create("header", {}, [heading, close]), this.groups, create("p", { text: ON_THE_IMAGE }),
      create("footer", {}, [this.said, this.usual]),
    ]);
    this.dialog.addEventListener("click", (event) => event.target === this.dialog && this.dialog.close());
    const onKey = (/** @type {KeyboardEvent} */ event) => this.#onKey(event);
    document.addEventListener("keydown", onKey, true);
    this.dialog.addEventListener("cancel", (event) => this.awaited !== null && event.preventDefault());
    this.dialog.addEventListener("close", () => {
      document.removeEventListener("keydown", onKey, true);
      this.dialog.remove();
    });
    this.#show();
  }

  #show() {
    const known = entries();
    const names = [...new Set(known.map((entry) => entry.group))];
    this.groups.replaceChildren(...names.map((group) =>
      create("section", {}, [
        create("h3", { text: group }),
        create("dl", {}, [
          ...grouped(known.filter((entry) => entry.group === group)).flatMap((entry) => this.#line(entry, known)),
          ...(group === MASK ? moves() : []),
        ]),
      ]),
    ));
    this.usual.hidden = !hasOwnKeys();
  }

  /** @param {KeyEntry} entry @param {KeyEntry[]} known @returns {HTMLElement[]} */
  #line(entry, known) {
    const isTypes = entry.action === TYPES;
    const same = isTypes ? [entry] : known.filter(({ action }) => action === entry.action);
    if (same[0] !== entry) return []; // stands in the line of the first
    const keys = this.awaited === entry.action ? [create("kbd", { text: "…" })] : same.flatMap((one, at) => [
      ...(at ? [document.createTextNode(" or "), create("br")] : []), ...keysOf(one, isTypes ? " – " : " "),
    ]);
    const change = () => this.#await(entry);
    const label = `${entry.does}: choose another key`;
    const shown = isTypes || isFixed(entry) ? keys : [create("button", { type: "button", class: "tb-key-change", title: label, "aria-label": label, "data-key-of": entry.action, onclick: change }, keys)];
    return [create("dt", {}, shown), create("dd", { text: entry.does })];
  }

  /** @param {KeyEntry} entry */
  #await(entry) {
    this.awaited = entry.action;
    this.said.textContent = `${entry.does}: press the new key. Escape keeps the old one.`;
    this.#show();
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (this.awaited === null || ["Shift", "Control", "Alt", "AltGraph", "Meta"].includes(event.key)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.said.textContent = event.key === "Escape" ? HOW : changeKey(this.awaited, event);
    const action = this.awaited;
    this.awaited = null;
    this.#show();
    /** @type {HTMLElement | null} */ (this.groups.querySelector(`[data-key-of="${action}"]`))?.focus();
  }

  #reset() {
    useUsualKeys();
    this.said.textContent = "These are the usual keys again.";
    this.#show();
  }
}

const TYPES = "types";

/** @param {{keys: string[], command?: string}} entry @param {string} between its keys @returns {Node[]} */
function keysOf({ keys, command }, between) {
  const held = command ? command.split("+").map((word) => word[0].toUpperCase() + word.slice(1)) : [];
  return [...held, ...keys].flatMap((key, at) => [
    ...(at ? [document.createTextNode(held.length ? " + " : between)] : []), create("kbd", { text: key }),
  ]);
}

/** The keys of a draft alone, and of nothing else: arrows belong to the page where none is shown. @returns {HTMLElement[]} */
function moves() {
  const arrows = keysOf({ keys: ["←", "→", "↑", "↓"] }, " ");
  return [
    create("dt", {}, arrows), create("dd", { text: "Move the draft by a pixel" }),
    create("dt", {}, keysOf({ keys: ["Arrow"], command: "shift" }, " ")), create("dd", { text: `Move the draft by ${FAR} pixels` }),
  ];
}

/** The nine keys of the defect types become one line. @param {KeyEntry[]} known @returns {KeyEntry[]} */
function grouped(known) {
  const others = known.filter((entry) => !isOfTypes(entry));
  if (others.length === known.length) return known;
  return [...others, { ...known[0], action: TYPES, keys: ["1", "9"], does: "Defect type", command: undefined }];
}
