// @ts-check
/** Building elements. Text is always set as text, so that a name can never become markup. */

/** @typedef {Record<string, string | number | boolean | null | undefined | ((event: any) => void)>} Attributes */

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes] "text" is the text; "onclick" and the like listen; false, null, undefined: left out
 * @param {(Node | null)[]} [children]
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function create(tag, attributes = {}, children = []) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (name === "text") element.textContent = String(value);
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** Strokes on a 20 x 20 field. */
const ICONS = {
  brush: "M12.2 4.2l3.6 3.6M3.5 16.5c2.4.5 4.4-.1 4.9-2 .2-1-.2-1.9-.9-2.5-.8-.6-1.9-.7-2.7-.2-1.5 1-.5 3.2-1.3 4.7zM8.3 12.3l7.3-8.1a1.3 1.3 0 0 0-1.8-1.8L6.3 10.5",
  eraser: "M8 16.5h8.5M4 12.2l7.6-7.9a1.4 1.4 0 0 1 2 0l2.6 2.6a1.4 1.4 0 0 1 0 2L9 16.5H6.8L4 13.9a1.2 1.2 0 0 1 0-1.7zM8 8.1l4.7 4.7",
  polygon: "M5 15.5L3.5 7.5l7-4 6 5-2.5 7zM3.5 7.5h.1M10.5 3.5h.1M16.5 8.5h.1M14 15.5h.1M5 15.5h.1",
  "polygon-cut": "M5 15.5L3.5 7.5l7-4 6 5-2.5 7zM7 9.8h6",
  fill: "M4.2 10.2l5.6-5.6 5.4 5.4-5.1 5.1a1.4 1.4 0 0 1-2 0l-3.9-3.9a.7.7 0 0 1 0-1zM7.5 2.5l2.3 2.1M4.5 10h10.4M16.8 12.7c.9 1.3 1.2 1.9 1.2 2.5a1.2 1.2 0 0 1-2.4 0c0-.6.3-1.2 1.2-2.5z",
  assist: "M3.5 16.5l8-8M10 7l3 3M14.5 2.5v3M13 4h3M17 8.5v2M16 9.5h2M8.5 3v2M7.5 4h2",
  "model-draft": "M10 4.5c3.6 0 5.8 2 5.8 5 0 3.4-2.6 6-6 6-3.2 0-5.6-1.9-5.6-5.2 0-3.4 2.4-5.8 5.8-5.8zM10 8v4M8 10h4",
  "copy-draft": "M7.5 7.5h9v9h-9zM12.5 4.5v-1h-9v9h1",
  grow: "M10 6.5a3.5 3.5 0 1 0 0 7a3.5 3.5 0 0 0 0-7zM10 1.8v2.4M10 15.8v2.4M1.8 10h2.4M15.8 10h2.4",
  shrink: "M10 4a6 6 0 1 0 0 12a6 6 0 0 0 0-12zM7.5 10h5",
  smooth: "M3.5 15.5V9a5.5 5.5 0 0 1 5.5-5.5h7.5M3.5 3.5h.1M7 16.5h.1M16.5 7v.1M11 16.5h.1M16.5 11v.1M15 15.5h.1",
  patches: "M3.5 3.5h13v13h-13zM3.5 7.8h13M3.5 12.2h13M7.8 3.5v13M12.2 3.5v13M8 12l4-4M8 10l2-2M10 12l2-2",
  undo: "M7.5 4L3.5 8l4 4M3.5 8h8a4.5 4.5 0 0 1 0 9H8",
  redo: "M12.5 4l4 4-4 4M16.5 8h-8a4.5 4.5 0 0 0 0 9H12",
  fit: "M3.5 7V3.5H7M13 3.5h3.5V7M16.5 13v3.5H13M7 16.5H3.5V13M7.5 7.5h5v5h-5z",
  clear: "M3.5 5.5h13M8 5.5V3.5h4v2M5.5 5.5l.8 11h7.4l.8-11M8.5 8.5v5M11.5 8.5v5",
  keys: "M2.5 5.5h15v9h-15zM5.5 8.5h.1M8.5 8.5h.1M11.5 8.5h.1M14.5 8.5h.1M6.5 11.7h7",
  mask: "M10 3.2c3.8 0 6.5 2 6.5 5.2 0 4.8-4 8.4-6.5 8.4s-6.5-3.6-6.5-8.4c0-3.2 2.7-5.2 6.5-5.2zM6.5 9h2.4M11.1 9h2.4",
  heatmap: "M10 2.8c.6 2.7 4.6 4.3 4.6 8.4a4.6 4.6 0 0 1-9.2 0c0-1.8.9-2.9 1.8-3.8.2 1.3.8 2 1.5 2.3-.2-2.6.2-5 1.3-6.9z",
  contrast: "M10 3a7 7 0 1 0 0 14a7 7 0 0 0 0-14zM10 3v14M12.5 4v12M15 5.5v9",
  previous: "M12.5 4.5L7 10l5.5 5.5",
  next: "M7.5 4.5L13 10l-5.5 5.5",
  good: "M4 10.5l4 4 8-9",
  defect: "M5.5 5.5l9 9M14.5 5.5l-9 9",
  unsure: "M7 7.5a3 3 0 1 1 4.3 2.7c-.9.5-1.3 1-1.3 2.1M10 15.3v.1",
  done: "M2.5 10.5l3.8 3.8 7-8M9.5 13l1.3 1.3 7-8",
  plus: "M10 4.5v11M4.5 10h11",
  flask: "M8 3h4M9 3v4.5L4.6 15a1.5 1.5 0 0 0 1.3 2.2h8.2a1.5 1.5 0 0 0 1.3-2.2L11 7.5V3M6.8 12.5h6.4",
  close: "M5 5l10 10M15 5L5 15",
};

/** @param {keyof typeof ICONS} name @returns {SVGSVGElement} */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 20 20", class: "tb-icon", "aria-hidden": "true" })) {
    svg.setAttribute(key, value);
  }
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** Load a style sheet beside this file once. @param {string} file @returns {Promise<void>} */
export function loadStyle(file) {
  const href = new URL(file, import.meta.url).href;
  const known = /** @type {HTMLLinkElement | undefined} */ (
    [...document.querySelectorAll("link")].find((link) => link.href === href)
  );
  if (known?.sheet) return Promise.resolve();
  const link = known ?? create("link", { rel: "stylesheet", href });
  const loaded = new Promise((resolve) => {
    for (const event of ["load", "error"]) link.addEventListener(event, () => resolve(undefined), { once: true });
  });
  if (!known) document.head.append(link);
  return /** @type {Promise<void>} */ (loaded);
}

/** Whether a person can see it: not in a hidden tab, still in the page. @param {HTMLElement} element */
export function isShown(element) {
  return element.isConnected && element.getClientRects().length > 0;
}
