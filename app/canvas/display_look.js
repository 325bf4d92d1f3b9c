// @ts-check
/**
 * Brightness, contrast and gamma of the image on the screen: an SVG filter over its canvas. No pixel that is saved or
 * scored changes.
 */

import { create, icon } from "./dom.js";

/** @typedef {{brightness: number, contrast: number, gamma: number}} Look */

/** @type {Readonly<Look>} */
export const NEUTRAL = Object.freeze({ brightness: 0, contrast: 1, gamma: 1 });

/** @type {Record<keyof Look, {text: string, min: number, max: number, step: number}>} */
const RANGES = {
  brightness: { text: "Brightness", min: -0.5, max: 0.5, step: 0.02 },
  contrast: { text: "Contrast", min: 0.2, max: 4, step: 0.1 },
  gamma: { text: "Gamma", min: 0.3, max: 3, step: 0.1 },
};
const NAMES = /** @type {(keyof Look)[]} */ (Object.keys(RANGES));
const STEPS = 256;
const SVG = "http://www.w3.org/2000/svg";

/** @param {Partial<Record<keyof Look, unknown>>} [kept] anything @returns {Look} within its limits */
export function limitLook(kept = {}) {
  const limited = NAMES.map((name) => {
    const value = Number.isFinite(kept[name]) ? Number(kept[name]) : NEUTRAL[name];
    return [name, Math.min(RANGES[name].max, Math.max(RANGES[name].min, value))];
  });
  return Object.fromEntries(limited);
}

/** @param {Look} look */
export const isNeutral = (look) => NAMES.every((name) => look[name] === NEUTRAL[name]);

/**
 * What each value from 0 to 1 becomes: gamma first, then contrast about the middle, then brightness.
 * @param {Look} look @param {number} [steps] @returns {number[]} at even distances, from 0 to 1
 */
export function toneCurve({ brightness, contrast, gamma }, steps = STEPS) {
  return Array.from({ length: steps }, (_, at) => {
    const value = ((at / (steps - 1)) ** (1 / gamma) - 0.5) * contrast + 0.5 + brightness;
    return Math.min(1, Math.max(0, value));
  });
}

let made = 0;

export class DisplayLook {
  /**
   * @param {HTMLElement} canvas that shows the image
   * @param {{bar: HTMLElement, frame: HTMLElement}} places of the button, and of the panel and the sign
   * @param {Look} look @param {(look: Look) => void} keep
   */
  constructor(canvas, { bar, frame }, look, keep) {
    this.canvas = canvas;
    this.keep = keep;
    this.look = look;
    this.id = `tb-display-look-${++made}`;
    this.curves = ["feFuncR", "feFuncG", "feFuncB"].map((name) => document.createElementNS(SVG, name));
    this.button = create("button", {
      type: "button", class: "tb-tool", "data-action": "display", "aria-expanded": "false",
      title: "Brightness, contrast and gamma, on the screen only", "aria-label": "Brightness, contrast and gamma",
      onclick: () => this.#toggle(this.panel.hidden),
    }, [icon("contrast")]);
    this.inputs = NAMES.map((name) => this.#slider(name));
    const reset = () => create("button", { type: "button", class: "tb-link", text: "Reset", onclick: () => this.#change({ ...NEUTRAL }) });
    this.panel = create("div", { class: "tb-display-panel", role: "group", "aria-label": "Brightness, contrast and gamma", hidden: true }, [
      ...this.inputs.map((input) => create("label", {}, [create("span", { text: input.ariaLabel ?? "" }), input])),
      create("p", { text: "On the screen only: the image itself stays as it is." }), reset(),
    ]);
    this.signText = create("span");
    this.sign = create("div", { class: "tb-display-sign", role: "status", hidden: true }, [this.signText, reset()]);
    this.panel.addEventListener("keydown", (event) => event.key === "Escape" && this.#toggle(false));
    frame.addEventListener("pointerdown", (event) => !this.panel.contains(/** @type {Node} */ (event.target)) && this.#toggle(false));
    bar.append(this.button);
    frame.append(this.#filter(), this.panel, this.sign);
    this.#show();
  }

  #filter() {
    const [svg, filter, transfer] = ["svg", "filter", "feComponentTransfer"].map((name) => document.createElementNS(SVG, name));
    filter.setAttribute("id", this.id);
    filter.setAttribute("color-interpolation-filters", "sRGB");
    svg.setAttribute("class", "tb-display-filter");
    svg.setAttribute("aria-hidden", "true");
    for (const curve of this.curves) curve.setAttribute("type", "table");
    transfer.append(...this.curves);
    filter.append(transfer);
    svg.append(filter);
    return svg;
  }

  /** @param {keyof Look} name */
  #slider(name) {
    const { text, ...range } = RANGES[name];
    return create("input", {
      type: "range", ...range, "aria-label": text, "data-look": name,
      oninput: (event) => this.#change({ ...this.look, [name]: Number(event.target.value) }),
    });
  }

  /** @param {boolean} isOpen */
  #toggle(isOpen) {
    this.panel.hidden = !isOpen;
    this.button.setAttribute("aria-expanded", String(isOpen));
    if (isOpen) this.inputs[0].focus();
  }

  /** @param {Look} look */
  #change(look) {
    this.look = look;
    this.keep(look);
    this.#show();
  }

  #show() {
    const isChanged = !isNeutral(this.look);
    const values = toneCurve(this.look).map((value) => value.toFixed(4)).join(" ");
    for (const curve of this.curves) curve.setAttribute("tableValues", values);
    this.canvas.style.filter = isChanged ? `url(#${this.id})` : "";
    this.inputs.forEach((input, at) => (input.value = String(this.look[NAMES[at]])));
    this.button.setAttribute("aria-pressed", String(isChanged));
    this.sign.hidden = !isChanged;
    const changed = NAMES.filter((name) => this.look[name] !== NEUTRAL[name]);
    this.signText.textContent = `On the screen only: ${changed.map((name) => RANGES[name].text.toLowerCase()).join(", ")} changed`;
  }
}
