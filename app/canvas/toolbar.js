// @ts-check
/** The painter's frame: tools on the left, defect types and sliders above, status and verdicts below the stage. */

import { create, icon } from "./dom.js";
import { keyOf, nameKey } from "./key_entries.js";

/** @typedef {{name: string, colour: string, position?: number}} DefectType */

/**
 * What the frame shows.
 * @typedef {object} Showing
 * @property {import("./brush.js").Tool} tool
 * @property {number} size brush diameter in image pixels
 * @property {DefectType[]} types
 * @property {string} layer name of the layer painted on
 * @property {string[]} painted defect types that have pixels
 * @property {boolean} canUndo
 * @property {boolean} canRedo
 * @property {boolean} canClear
 * @property {string | null} verdict
 * @property {boolean} complete
 * @property {boolean} hasHeatmap
 * @property {boolean} hasPatches
 */

/** @typedef {(name: string, value?: any) => void} Press  a button or slider was used */

/** @param {keyof typeof TOOLS} name @param {Press} press */
function tool(name, press) {
  const [picture, text] = TOOLS[name];
  return nameKey(create("button", {
    type: "button", class: "tb-tool", "data-action": name, "data-does": text, "data-key": name, "aria-label": text, onclick: () => press(name),
  }, [icon(picture)]));
}

const TOOLS = /** @type {const} */ ({
  brush: ["brush", "Brush"],
  eraser: ["eraser", "Eraser"],
  polygon: ["polygon", "Polygon"],
  "polygon-cut": ["polygon-cut", "Polygon that takes away"],
  fill: ["fill", "Fill a closed contour"],
  assist: ["assist", "Click on a defect or stroke along it: a draft of its mask; again: by another method"],
  "model-draft": ["model-draft", "Draft from what the model sees"],
  "copy-draft": ["copy-draft", "Draft from the image painted before; again: from the most similar one"],
  grow: ["grow", "Grow what is painted"],
  shrink: ["shrink", "Shrink what is painted"],
  smooth: ["smooth", "Round off what is painted"],
  undo: ["undo", "Undo the stroke"],
  redo: ["redo", "Make the stroke again"],
  clear: ["clear", "Clear the painting"],
  patches: ["patches", "What the model would learn here, patch by patch"],
  fit: ["fit", "Whole image"],
  keys: ["keys", "Keys"],
});

/**
 * @param {string} name @param {{does: string, key: string, picture?: "mask" | "heatmap"}} of
 * @param {{min: number, max: number, step: number, value: number}} range @param {Press} press
 */
function slider(name, { does, key, picture }, range, press) {
  const input = nameKey(create("input", {
    type: "range", ...range, "aria-label": does, "data-does": does, "data-key": key, "data-slider": name,
    oninput: (event) => press(name, Number(event.target.value)),
  }));
  const mark = picture ? icon(picture) : create("span", { class: "tb-slider-text", text: does });
  return create("label", { class: `tb-slider tb-slider-${name}` }, [mark, input]);
}

const PAINTING_TOOLS = ["brush", "eraser", "polygon", "polygon-cut", "fill", "assist"];

const VERDICTS = /** @type {const} */ ([
  ["previous", "previous", "", "Previous image"],
  ["good", "good", "Good", "Good, next image"],
  ["defect", "defect", "Defect", "Defect; next image unless something is painted"],
  ["unsure", "unsure", "Unsure", "Unsure, next image"],
  ["done", "done", "Done", "Done: every defect here is painted; next image"],
  ["next", "next", "", "Next image"],
]);

/** @param {(typeof VERDICTS)[number]} verdict @param {Press} press */
function verdictButton([action, picture, text, does], press) {
  return nameKey(create("button", {
    type: "button", class: `tb-verdict tb-verdict-${action}`, "data-action": action,
    "data-does": does, "data-key": action, "aria-label": does, onclick: () => press(action),
  }, [
    icon(picture),
    text ? create("span", { class: "tb-verdict-text", text }) : null,
    create("kbd"),
  ]));
}

export class Toolbar {
  /**
   * @param {HTMLElement} root @param {Press} press
   * @param {{mask: number, heatmap: number}} start of the sliders
   */
  constructor(root, press, start) {
    this.root = root;
    this.press = press;
    this.top = create("div", { class: "tb-top" });
    this.chips = create("div", { class: "tb-chips", role: "radiogroup", "aria-label": "Defect type" });
    this.sizeText = create("output", { class: "tb-size-text", "aria-label": "Brush size in pixels" });
    this.size = slider("size", { does: "Brush size in image pixels", key: "smaller" }, { min: 0, max: 100, step: 1, value: 0 }, press);
    this.size.append(this.sizeText);
    const opacity = (/** @type {"mask" | "heatmap"} */ name, /** @type {string} */ of) =>
      slider(name, { does: `Strength of the ${of}; its key hides it while held`, key: `hide-${name}`, picture: name }, { min: 0, max: 1, step: 0.05, value: start[name] }, press);
    this.mask = opacity("mask", "painting");
    this.heatmap = opacity("heatmap", "heatmap");
    /** @type {string | undefined} what the chips show */
    this.shownChips = undefined;
    this.status = create("span", { class: "tb-status", role: "status" });
    this.discard = create("button", { type: "button", class: "tb-link", text: "Discard", hidden: true, onclick: () => press("discard") });
    this.facts = create("span", { class: "tb-facts" });
    this.stage = create("div", { class: "tb-stage", tabindex: 0, role: "group", "aria-label": "Image. Paint with the pointer; ? shows the keys." });
    this.notice = create("div", { class: "tb-notice", role: "alert", hidden: true });
    this.stageFrame = create("div", { class: "tb-stage-frame" }, [this.stage, this.notice]);
    this.#build();
  }

  #build() {
    const separator = () => create("span", { class: "tb-separator" });
    const rail = create("div", { class: "tb-rail", role: "toolbar", "aria-label": "Tools", "aria-orientation": "vertical" });
    for (const name of /** @type {(keyof typeof TOOLS)[]} */ (Object.keys(TOOLS))) {
      if (name === "undo" || name === "patches") rail.append(separator());
      rail.append(tool(name, this.press));
    }
    this.top.append(this.chips, this.heatmap, this.size, this.mask);
    const verdicts = create("div", { class: "tb-verdicts", role: "group", "aria-label": "Your verdict" });
    verdicts.append(...VERDICTS.map((verdict) => verdictButton(verdict, this.press)));
    const bottom = create("div", { class: "tb-bottom" }, [
      create("div", { class: "tb-say" }, [this.facts, this.status, this.discard]), verdicts,
    ]);
    this.root.append(this.top, rail, this.stageFrame, bottom);
    // After a click the keys belong to the image again: Enter is "done", not the button pressed last.
    this.root.addEventListener("click", (event) => {
      const isPointer = event.detail > 0 && event.target instanceof Element;
      if (isPointer && event.target.closest("button") && !this.root.querySelector(".tb-new-type input")) this.stage.focus({ preventScroll: true });
    });
  }

  /** @param {string} selector @returns {HTMLButtonElement[]} */
  #buttons(selector) {
    return [...this.root.querySelectorAll(selector)].map((button) => /** @type {HTMLButtonElement} */ (button));
  }

  /** @param {Showing} showing */
  show(showing) {
    const disabled = { undo: !showing.canUndo, redo: !showing.canRedo, clear: !showing.canClear };
    for (const button of this.#buttons(".tb-tool")) {
      const name = button.dataset.action ?? "";
      if (PAINTING_TOOLS.includes(name)) button.setAttribute("aria-pressed", String(name === showing.tool));
      if (name === "patches") button.setAttribute("aria-pressed", String(showing.hasPatches));
      if (name in disabled) button.disabled = disabled[/** @type {"undo"} */ (name)];
    }
    for (const button of this.#buttons(".tb-verdict")) {
      const name = button.dataset.action ?? "";
      const isOn = name === showing.verdict || (name === "done" && showing.complete);
      if (name !== "previous" && name !== "next") button.setAttribute("aria-pressed", String(isOn));
    }
    this.sizeText.textContent = `${showing.size} px`;
    this.heatmap.hidden = !showing.hasHeatmap;
    this.#showChips(showing);
  }

  /** @param {Showing} showing */
  #showChips({ types, layer, painted }) {
    const wanted = JSON.stringify([types, layer, painted]);
    if (this.shownChips === wanted || this.chips.querySelector(".tb-new-type input")) return;
    this.shownChips = wanted;
    const chips = [...types, null].map((type, at) => this.#chip(type, at, layer, painted));
    const add = create("button", {
      type: "button", class: "tb-tool tb-new-type", title: "New defect type", "aria-label": "New defect type", onclick: () => this.#askName(),
    }, [icon("plus")]);
    this.chips.replaceChildren(...chips, add);
  }

  /** @param {DefectType | null} type null: to ignore @param {number} at @param {string} layer @param {string[]} painted */
  #chip(type, at, layer, painted) {
    const name = type ? type.name : IGNORE_LABEL;
    const isOn = type ? type.name === layer : !layer;
    const dot = create("span", { class: type ? "tb-dot" : "tb-dot tb-dot-ignore" });
    if (type) dot.style.setProperty("--tb-colour", type.colour);
    const action = type ? `type-${at + 1}` : "ignore";
    const key = keyOf(action) ? create("kbd") : null;
    const does = type ? `Paint ${name}` : `${name}: paint what shall count neither as good nor as defect`;
    return nameKey(create("button", {
      type: "button", class: "tb-chip", role: "radio", "aria-checked": String(isOn), "data-does": does, "data-key": action,
      "data-painted": painted.includes(name), onclick: () => this.press("layer", type?.name ?? ""),
    }, [dot, create("span", { class: "tb-chip-text", text: name }), key]));
  }

  #askName() {
    const input = create("input", { type: "text", maxlength: 40, placeholder: "Name of the defect type", "aria-label": "Name of the new defect type" });
    const field = create("span", { class: "tb-new-type" }, [input]);
    this.chips.lastElementChild?.replaceWith(field);
    let isOpen = true; // taking the field away takes its focus, which would close it once more
    const close = () => {
      if (!isOpen) return;
      isOpen = false;
      field.remove();
      this.shownChips = undefined;
      this.press("refresh");
    };
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && input.value.trim()) this.press("new-type", input.value.trim());
      if (event.key === "Enter" || event.key === "Escape") {
        event.preventDefault();
        close();
        this.stage.focus({ preventScroll: true });
      }
    });
    input.addEventListener("blur", close);
    input.focus();
  }

  /** @param {string} message @param {{text: string, press: () => void}} [button] @param {boolean} [isStaying] until it is closed */
  say(message, button, isStaying = false) {
    clearTimeout(this.noticeTimer);
    const hide = () => (this.notice.hidden = true);
    const act = () => {
      hide();
      button?.press();
    };
    const children = [create("span", { text: message })];
    if (button) children.push(create("button", { type: "button", class: "tb-link", text: button.text, onclick: act }));
    if (isStaying) children.push(create("button", { type: "button", class: "tb-link", text: "Close", onclick: hide }));
    this.notice.replaceChildren(...children);
    this.notice.hidden = !message;
    if (!isStaying) this.noticeTimer = setTimeout(hide, button ? 9000 : 5000);
  }

  /** @param {"saved" | "saving" | "retrying" | "refused"} kind @param {string} text */
  showStatus(kind, text) {
    this.root.dataset.saved = kind;
    this.discard.hidden = kind !== "refused";
    if (this.status.textContent !== text) this.status.textContent = text;
  }
}

const IGNORE_LABEL = "Ignore";
