// @ts-check
/** The painter inside a Gradio HTML component. What goes in and comes out is described in mask_canvas.py. */

import { getDefectTypes } from "./api.js";
import { BrowserStore } from "./browser_store.js";
import { create, loadStyle } from "./dom.js";
import { Drafts } from "./drafts.js";
import { Journal } from "./journal.js";
import { Outbox } from "./outbox.js";
import { Painter } from "./painter.js";
import { Pictures } from "./pictures.js";

/**
 * @typedef {object} CanvasValue
 * @property {number | null} [image_id]
 * @property {string} [author]
 * @property {string} [workspace]
 * @property {import("./layer_choice.js").GivenTypes} [defect_types]
 * @property {number[]} [prefetch]
 * @property {{image_id: number, shown_because: string, heatmap_version: "in_use" | null, defect_types: import("./layer_choice.js").GivenTypes} | null} [at_once]
 * @property {number | "in_use" | null} [heatmap_version]
 * @property {boolean} [heatmap_visible]
 * @property {boolean} [contour]
 * @property {string} [shown_because]
 * @property {boolean} [read_only]
 * @property {boolean} [actions]
 * @property {boolean} [blind]
 * @property {number} [refresh]
 */

/** @typedef {{props: {value: any}, trigger: (name: string, data: any) => void, watch: (names: string | string[], react: () => void) => void}} Host */

/** @type {string} who works here now, over all painters of the page */
let author = "";
/** @type {import("./painter.js").Shared | null} one queue of saves a page */
let shared = null;

/** @param {string} workspace */
function sharedBy(workspace) {
  if (shared) return shared;
  const store = new BrowserStore(workspace);
  shared = { outbox: new Outbox(new Drafts(store), () => author), pictures: new Pictures(), journal: new Journal(store) };
  return shared;
}

/** @param {any} value @returns {CanvasValue} */
function read(value) {
  if (typeof value === "string") return value ? JSON.parse(value) : {};
  return value ?? {};
}

/**
 * @param {HTMLElement} element of the component
 * @param {Host} host
 * @returns {Promise<Painter>}
 */
export async function mount(element, { props, trigger, watch }) {
  await Promise.all([loadStyle("controls.css"), loadStyle("mask_canvas.css")]);
  const root = create("div", { class: "tb-root tb-painter", "data-ready": "false" });
  element.replaceChildren(root);
  const tell = () => root.dispatchEvent(new Event("twinbank:image", { bubbles: true }));
  new MutationObserver(tell).observe(root, { attributes: true, attributeFilter: ["data-image-id"] });
  const painter = new Painter(root, sharedBy(read(props.value).workspace ?? ""), trigger);
  Object.assign(root, { painter });
  const apply = async () => {
    const value = read(props.value);
    author = value.author ?? author;
    painter.answer(value);
    if (value.defect_types?.length) return painter.setTypes(value.defect_types);
    const answer = await getDefectTypes().catch(() => null);
    return painter.setTypes(answer?.defect_types);
  };
  watch("value", apply);
  await apply();
  return painter;
}
