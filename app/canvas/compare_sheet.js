// @ts-check
/** Two people painted one image: both versions and what they make together, side by side, to choose one. */

import { create, icon, loadStyle } from "./dom.js";
import { parseColour } from "./mask_colours.js";

/** @typedef {import("./painting.js").Content} Content */
/** @typedef {{size: {width: number, height: number} | null, picture: import("./pictures.js").Picture | null, colours: Map<string, string>}} Look */

const SIDE = 420; // px of a version's longer side
const FILL_ALPHA = 190;
const IGNORED = [150, 155, 165];

/**
 * @param {string} other who painted the other version
 * @param {{theirs: Content, mine: Content, together: Content}} versions
 * @param {Look} look @param {(content: Content) => void} choose
 */
export async function compareVersions(other, versions, look, choose) {
  await loadStyle("compare_sheet.css");
  const sheet = create("dialog", { class: "tb-compare", "aria-label": "Two versions of this painting" });
  const kept = /** @type {[string, string, Content][]} */ ([
    [`By ${other}`, "Use this one", versions.theirs],
    ["Yours", "Use yours", versions.mine],
    ["Both together", "Keep both", versions.together],
  ]);
  const take = (/** @type {Content} */ content) => {
    sheet.close();
    if (content !== versions.together) choose(content);
  };
  const figures = kept.map(([title, text, content]) =>
    create("figure", {}, [
      create("figcaption", { text: title }),
      drawn(content, look),
      create("button", { type: "button", text, class: content === versions.together ? "is-primary" : "", onclick: () => take(content) }),
    ]),
  );
  const close = create("button", { type: "button", class: "tb-key-close", "aria-label": "Close", onclick: () => sheet.close() }, [icon("close")]);
  sheet.append(
    create("header", {}, [create("h2", { text: "Two versions of this painting" }), close]),
    create("div", { class: "tb-compare-versions" }, figures),
    create("p", { text: "Nothing is lost: every version stays in the history, and the choice can be undone with Ctrl+Z." }),
  );
  sheet.addEventListener("close", () => sheet.remove());
  document.body.append(sheet);
  sheet.showModal();
}

/** @param {Content} content @param {Look} look @returns {HTMLCanvasElement} */
function drawn(content, { size, picture, colours }) {
  const { width, height } = size ?? { width: 1, height: 1 };
  const scale = Math.min(1, SIDE / Math.max(width, height));
  const [columns, rows] = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
  const canvas = create("canvas", { width: columns, height: rows });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  if (picture) context.drawImage(picture.levels[0], 0, 0, columns, rows);
  const pixels = context.getImageData(0, 0, columns, rows);
  const cell = (/** @type {number} */ flat) =>
    Math.min(rows - 1, Math.floor((Math.floor(flat / width) * rows) / height)) * columns + Math.floor(((flat % width) * columns) / width);
  const layers = content.layers.map(({ defect_type, runs }) => ({ runs, colour: parseColour(colours.get(defect_type) ?? "") }));
  for (const { runs, colour } of [{ runs: content.ignore, colour: IGNORED }, ...layers]) {
    /** @type {Set<number>} */
    const cells = new Set();
    for (let run = 0; run < runs.length; run += 2) for (let at = runs[run]; at < runs[run] + runs[run + 1]; at++) cells.add(cell(at));
    for (const at of cells) blend(pixels.data, 4 * at, colour);
  }
  context.putImageData(pixels, 0, 0);
  return canvas;
}

/** @param {Uint8ClampedArray} data @param {number} at @param {number[]} colour */
function blend(data, at, colour) {
  const share = FILL_ALPHA / 255;
  for (let part = 0; part < 3; part++) data[at + part] = data[at + part] * (1 - share) + colour[part] * share;
  data[at + 3] = 255;
}
