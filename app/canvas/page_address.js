// @ts-check
/**
 * Where a person is, named in the address: the page that is open, the product, on Label the queue and the image, on
 * Defect book the product whose book it is where none is chosen. A reload, a bookmark or a link comes back to it. What
 * Browse lists is named by its grid.
 */

import { isShown } from "./dom.js";

const FIRST = "browse";
const FIRST_QUEUE = "useful";

/** @type {Record<string, string>} */
let chosen = {};

/** @returns {string} the page that is shown; where there are no pages, the one that the address names */
export function openPage() {
  const panels = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("#tw-tabs [role='tabpanel'][id^='tw-page-']")]);
  const shown = panels.find(isShown);
  return shown ? shown.id.slice("tw-page-".length) : (new URLSearchParams(location.search).get("open") ?? FIRST);
}

/** @returns {string} a second look is not found again by its address: there it would not be blind */
function openImage() {
  const root = /** @type {any} */ (document.querySelector("#tw-canvas .tb-painter"));
  return root?.painter && !root.painter.value.blind ? (root.dataset.imageId ?? "") : "";
}

function write() {
  const page = openPage();
  if (page === FIRST && new URLSearchParams(location.search).get("open") === FIRST) return;
  const { product = "", queue = "", book = "" } = chosen;
  const isLabel = page === "label";
  const where = {
    open: page, product, book: page === "book" && !product ? book : "",
    queue: isLabel && queue !== FIRST_QUEUE ? queue : "", image: isLabel ? openImage() : "",
  };
  const named = Object.entries(where).filter(([, value]) => value);
  history.replaceState(null, "", `?${new URLSearchParams(named)}`);
}

/** Name what is chosen, once the page that was gone to is shown. @param {string} product @param {string} queue @param {string} book */
export function remember(product, queue, book) {
  chosen = { product, queue, book };
  setTimeout(write);
}

/**
 * What opens the page that the address named, unless the person has gone somewhere by now.
 * @param {string} page "" for none @returns {object} a change of Gradio's tabs
 */
export function arriveAt(page) {
  const isThere = openPage() !== FIRST || "gone" in document.documentElement.dataset;
  return page && !isThere ? { __type__: "update", selected: page } : { __type__: "update" };
}

// Not by an event of Gradio: it has none any more when the server is gone, and then reloads the page by the address.
document.addEventListener("twinbank:image", () => setTimeout(write));
