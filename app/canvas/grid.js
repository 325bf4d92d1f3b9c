// @ts-check
/** The grid of images: only the cards in sight exist, so 50,000 images scroll like fifty. */

import { create, icon, isShown } from "./dom.js";
import { CardView } from "./grid_card.js";
import { inSight, layOut, placeOf, scrollFor } from "./grid_layout.js";
import { Selection } from "./grid_selection.js";
import { nameKey } from "./key_entries.js";
import "./keys.js";

/** @typedef {import("./grid_card.js").Card} Card */

/**
 * @typedef {object} Reactions
 * @property {(imageId: number) => void} open
 * @property {(imageIds: number[]) => void} selected
 * @property {(action: string) => void} act "good", "defect", "unsure", "undo"
 */

const REST_MS = 120; // without scrolling, before thumbnails are asked for
const VERDICTS = /** @type {const} */ ([["good", "Good"], ["defect", "Defect"], ["unsure", "Unsure"]]);

export class Grid {
  /** @param {HTMLElement} root @param {Reactions} react */
  constructor(root, react) {
    this.root = root;
    this.react = react;
    /** @type {Card[]} */
    this.cards = [];
    this.total = 0;
    this.selection = new Selection(0);
    /** @type {Map<number, CardView>} by place in the list */
    this.views = new Map();
    /** @type {CardView[]} out of sight, to be used again */
    this.spare = [];
    /** @type {number | undefined} */
    this.frame = undefined;
    /** @type {number | undefined} id of the image that a click, or the first one of two, was on */
    this.pressed = undefined;
    this.say = create("span", { class: "tb-grid-count", role: "status" });
    this.notice = create("span", { class: "tb-grid-notice", role: "alert" });
    this.field = create("div", { class: "tb-grid-field" });
    this.list = create("div", {
      class: "tb-grid-list", role: "listbox", tabindex: 0, "aria-multiselectable": "true", "aria-label": "Images",
    }, [this.field]);
    root.append(this.#bar(), this.list);
    this.#listen();
  }

  #bar() {
    const buttons = VERDICTS.map(([action, text]) =>
      nameKey(create("button", {
        type: "button", class: `tb-verdict tb-verdict-${action}`, "data-action": action, "data-key": action,
        "data-does": `${text}: the selected images`, onclick: () => this.react.act(action),
      }, [icon(action), create("span", { text }), create("kbd")])),
    );
    const verdicts = create("div", { class: "tb-verdicts", role: "group", "aria-label": "Your verdict on the selected images" }, buttons);
    this.choose = create("button", {
      type: "button", class: "tb-link tb-grid-choose", onclick: () => this.#chooseAll(),
    });
    return create("div", { class: "tb-grid-bar" }, [this.say, this.choose, this.notice, verdicts]);
  }

  /** All that are listed; where all are selected already, none. */
  #chooseAll() {
    if (this.#isAllChosen) this.selection.none();
    else this.selection.all();
    this.#selected(true);
  }

  get #isAllChosen() {
    return this.cards.length > 0 && this.selection.chosen.size === this.cards.length;
  }

  #listen() {
    this.list.addEventListener("scroll", () => this.#schedule(), { passive: true });
    this.list.addEventListener("click", (event) => this.#click(event));
    this.list.addEventListener("dblclick", (event) => {
      if (placeAt(event) !== null && this.pressed !== undefined) this.react.open(this.pressed);
    });
    this.list.addEventListener("keydown", (event) => this.#key(event));
    this.list.addEventListener("mousedown", (event) => event.shiftKey && event.preventDefault()); // no text selection
    document.addEventListener("twinbank:action", (event) => {
      const { action, phase } = /** @type {CustomEvent} */ (event).detail;
      if (phase === "press" && isShown(this.root)) this.#act(action);
    });
    this.observer = new ResizeObserver(() => this.#resize());
    this.observer.observe(this.list);
  }

  /** @param {Card[]} cards @param {number[]} [chosenIds] @param {number} [total] of the list they are the first of */
  show(cards, chosenIds = [], total = cards.length) {
    this.total = total;
    const activeId = this.cards[this.selection.active]?.id;
    this.cards = cards;
    this.layout = undefined; // of the list before; in a hidden tab the next one waits until it is seen
    for (const [at, view] of this.views) this.#putAway(at, view);
    this.selection = new Selection(cards.length);
    const wanted = new Set(chosenIds);
    cards.forEach((card, at) => {
      if (wanted.has(card.id)) this.selection.chosen.add(at);
      if (card.id === activeId) this.selection.active = this.selection.anchor = at;
    });
    this.#resize();
    this.refresh();
  }

  get chosenIds() {
    return [...this.selection.chosen].sort((a, b) => a - b).map((at) => this.cards[at].id);
  }

  #resize() {
    if (!this.list.clientWidth) {
      // In a hidden tab. Observed anew, for it may be seen again in its old size before the browser drew it hidden.
      this.observer.unobserve(this.list);
      this.observer.observe(this.list);
      return;
    }
    this.layout = layOut(this.list.clientWidth, this.cards.length);
    this.field.style.height = `${this.layout.total}px`;
    for (const [at, view] of this.views) this.#place(at, view);
    this.#draw();
  }

  #schedule() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.#draw();
    });
  }

  #draw() {
    if (!this.layout) return;
    const [first, end] = inSight(this.layout, this.cards.length, this.list.scrollTop, this.list.clientHeight);
    for (const [at, view] of this.views) if (at < first || at >= end) this.#putAway(at, view);
    for (let at = first; at < end; at++) if (!this.views.has(at)) this.#takeOut(at);
    const drawn = this.list.scrollTop;
    clearTimeout(this.rest);
    this.rest = setTimeout(() => {
      if (this.list.scrollTop === drawn) this.views.forEach((view) => view.loadPicture()); // else it is drawn again soon
    }, REST_MS);
  }

  /** @param {number} at @param {CardView} view */
  #putAway(at, view) {
    this.views.delete(at);
    view.element.remove();
    this.spare.push(view);
  }

  /** @param {number} at @param {CardView} view */
  #place(at, { element }) {
    const layout = /** @type {import("./grid_layout.js").Layout} */ (this.layout);
    const { x, y } = placeOf(layout, at);
    element.style.cssText = `transform:translate(${x}px,${y}px);width:${layout.width}px;height:${layout.height}px`;
  }

  /** @param {number} at */
  #takeOut(at) {
    const view = this.spare.pop() ?? new CardView();
    this.#place(at, view);
    view.show(this.cards[at], at, this.cards.length);
    view.mark(this.selection.chosen.has(at), at === this.selection.active);
    this.views.set(at, view);
    this.field.append(view.element);
  }

  /** What the cards in sight say, after verdicts or another selection. */
  refresh() {
    for (const [at, view] of this.views) {
      view.show(this.cards[at], at, this.cards.length);
      view.mark(this.selection.chosen.has(at), at === this.selection.active);
    }
    const { active, chosen } = this.selection;
    if (active >= 0) this.list.setAttribute("aria-activedescendant", `tb-card-${active}`);
    const images = `${this.total.toLocaleString("en")} ${this.total === 1 ? "image" : "images"}`;
    this.say.textContent = chosen.size ? `${images}, ${chosen.size.toLocaleString("en")} selected` : images;
    this.choose.textContent = this.#isAllChosen ? "Select none" : "Select all";
    this.choose.title = this.#isAllChosen ? "Esc" : "Every image listed here (Ctrl+A). Shift+click selects a range.";
    this.choose.hidden = this.cards.length < 2 || this.cards.length < this.total; // the rest is on its way
    for (const button of this.root.querySelectorAll("button.tb-verdict")) {
      /** @type {HTMLButtonElement} */ (button).disabled = !chosen.size;
    }
  }

  /** @param {boolean} hasChanged the selection, not only the focus */
  #selected(hasChanged) {
    this.#reveal();
    this.refresh();
    if (hasChanged) this.react.selected(this.chosenIds);
  }

  #reveal() {
    if (!this.layout || this.selection.active < 0) return;
    const top = scrollFor(this.layout, this.selection.active, this.list.scrollTop, this.list.clientHeight);
    if (top === this.list.scrollTop) return;
    this.list.scrollTop = top;
    this.#draw();
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const at = placeAt(event);
    if (at === null) return;
    if (event.detail < 2) this.pressed = this.cards[at].id; // the list may be another one at the second click
    this.selection.click(at, { shift: event.shiftKey, ctrl: event.ctrlKey || event.metaKey });
    this.#selected(true);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { columns, height } = this.layout ?? { columns: 1, height: 1 };
    const page = columns * Math.max(1, Math.floor(this.list.clientHeight / height) - 1);
    const steps = new Map([
      ["ArrowLeft", -1], ["ArrowRight", 1], ["ArrowUp", -columns], ["ArrowDown", columns],
      ["PageUp", -page], ["PageDown", page], ["Home", -this.cards.length], ["End", this.cards.length],
    ]);
    const step = steps.get(event.key);
    const isCommand = event.ctrlKey || event.metaKey;
    if (step !== undefined) {
      this.selection.move(step, { shift: event.shiftKey });
      this.#selected(event.shiftKey);
    } else if (event.key === " ") {
      this.selection.toggle();
      this.#selected(true);
    } else if (event.key === "a" && isCommand) {
      this.selection.all();
      this.#selected(true);
    } else if (event.key === "Escape" && this.selection.chosen.size) {
      this.selection.none();
      this.#selected(true);
    } else if (event.key === "Enter" && this.selection.active >= 0) {
      this.react.open(this.cards[this.selection.active].id);
    } else {
      return;
    }
    event.preventDefault(); // keys.js leaves it alone then
  }

  /** @param {string} action of the key map */
  #act(action) {
    if (["good", "defect", "unsure", "undo"].includes(action)) return this.react.act(action);
    if (action !== "next" && action !== "previous") return undefined;
    this.selection.move(action === "next" ? 1 : -1, { shift: false });
    return this.#selected(false);
  }

  /** @param {string} text @param {{text: string, press: () => void}} [button] */
  tell(text, button) {
    const link = button ? create("button", { type: "button", class: "tb-link", text: button.text, onclick: button.press }) : null;
    this.notice.replaceChildren(create("span", { text }), ...(link ? [link] : []));
  }
}

/** @param {Event} event @returns {number | null} */
function placeAt(event) {
  const card = event.target instanceof Element ? event.target.closest(".tb-card") : null;
  return card instanceof HTMLElement ? Number(card.dataset.at) : null;
}
