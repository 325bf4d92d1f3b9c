// @ts-check
/** The sheet of all keys: a modal dialog that Esc closes. */

import { create, icon, loadStyle } from "./dom.js";

/** @typedef {import("./keys.js").KeyEntry} KeyEntry */

const SHEET_ID = "twinbank-key-sheet";

/** @param {KeyEntry[]} entries */
export async function toggleKeySheet(entries) {
  const open = /** @type {HTMLDialogElement | null} */ (document.getElementById(SHEET_ID));
  if (open) return open.close();
  const sheet = build(entries);
  document.body.append(sheet);
  sheet.addEventListener("close", () => sheet.remove());
  sheet.addEventListener("click", (event) => event.target === sheet && sheet.close());
  await loadStyle("key_sheet.css");
  return sheet.isConnected ? sheet.showModal() : undefined;
}

/** @param {KeyEntry[]} entries @returns {HTMLDialogElement} */
function build(entries) {
  const close = create("button", { type: "button", class: "tb-key-close", "aria-label": "Close" }, [icon("close")]);
  const heading = create("h2", { id: `${SHEET_ID}-title`, text: "Keys" });
  const groups = [...new Set(entries.map((entry) => entry.group))].map((group) =>
    create("section", {}, [
      create("h3", { text: group }),
      create("dl", {}, grouped(entries.filter((entry) => entry.group === group)).flatMap(line)),
    ]),
  );
  const mouse = create("p", { text: "On the image: the wheel zooms, with Alt it changes the brush; Space or the middle button drags; the right button or Ctrl erases. Two fingers drag and zoom." });
  const sheet = create("dialog", { id: SHEET_ID, "aria-labelledby": heading.id }, [
    create("header", {}, [heading, close]),
    create("div", { class: "tb-key-groups" }, groups),
    mouse,
  ]);
  close.addEventListener("click", () => sheet.close());
  return sheet;
}

/** The nine keys of the defect types become one line. @param {KeyEntry[]} entries @returns {KeyEntry[]} */
function grouped(entries) {
  const others = entries.filter((entry) => !entry.action.startsWith("type-"));
  if (others.length === entries.length) return entries;
  return [...others, { ...entries[0], action: "types", keys: ["1", "9"], does: "Defect type", command: undefined }];
}

/** @param {KeyEntry} entry @returns {HTMLElement[]} */
function line(entry) {
  const before = entry.command ? entry.command.split("+").map((word) => word[0].toUpperCase() + word.slice(1)) : [];
  const between = entry.action === "types" ? " – " : " ";
  const keys = [...before, ...entry.keys].flatMap((key, at) => [
    ...(at ? [document.createTextNode(before.length ? " + " : between)] : []),
    create("kbd", { text: key }),
  ]);
  return [create("dt", {}, keys), create("dd", { text: entry.does })];
}
