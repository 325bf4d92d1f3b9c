// @ts-check
/**
 * Whose name labels carry: typed on the first visit, kept in the browser, asked again after 30 idle minutes.
 * In: {offered}: a name to begin with where none was typed yet. Out: `named` {name} at every load and change.
 */

import { create } from "./dom.js";

const NAME_KEY = "twinbank.name";
const SEEN_KEY = "twinbank.last-active";
const IDLE_MS = 30 * 60 * 1000;
const LOOK_MS = 20 * 1000;
const LONGEST = 80;

let current = "";

/** @returns {string} whose name labels carry now; "" before one was typed */
export const nameNow = () => current;

/** @param {string} key */
function kept(key) {
  try {
    return localStorage.getItem(key) ?? "";
  } catch {
    return ""; // a browser that keeps nothing: asked at every visit
  }
}

/** @param {string} key @param {string} value */
function keep(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // see kept()
  }
}

/**
 * @param {HTMLElement} element
 * @param {{props: {value: any}, trigger: (name: string, data: any) => void}} host
 */
export function mount(element, { props, trigger }) {
  const tag = new NameTag(element, (name) => trigger("named", { name }));
  tag.start(props.value?.offered ?? "");
}

/** @returns {string} the name this browser keeps, unless nobody was here for half an hour; "": it is to be asked */
export function rememberedName() {
  return Date.now() - Number(kept(SEEN_KEY) || 0) < IDLE_MS ? kept(NAME_KEY) : "";
}

class NameTag {
  /** @param {HTMLElement} element @param {(name: string) => void} tell */
  constructor(element, tell) {
    this.tell = tell;
    this.name = "";
    this.shown = create("b", { class: "tw-name" });
    const change = create("button", { type: "button", class: "tw-link", text: "change", title: "Labels carry another name from now on", onclick: () => this.ask(true) });
    element.replaceChildren(create("div", { class: "tw-name-tag" }, [create("span", { class: "tw-quiet tw-name-says", text: "Labels carry the name" }), this.shown, change]));
    this.#buildSheet();
    document.addEventListener("twinbank:ask-name", () => this.name || this.ask(false));
    for (const kind of ["pointerdown", "keydown", "wheel"]) {
      addEventListener(kind, () => this.#active(), { passive: true, capture: true });
    }
    setInterval(() => this.#lookIfIdle(), LOOK_MS);
  }

  #buildSheet() {
    this.title = create("h2", { id: "tw-name-title" });
    this.why = create("p", { class: "tw-quiet" });
    this.input = create("input", { type: "text", maxlength: LONGEST, autocomplete: "name", "aria-labelledby": "tw-name-title", placeholder: "Your name" });
    const go = create("button", { type: "submit", class: "tw-button tw-primary", text: "Continue" });
    const form = create("form", { method: "dialog", class: "tw-sheet-body", onsubmit: (event) => this.#submit(event) }, [
      this.title, this.why, this.input, create("footer", { class: "tw-sheet-foot" }, [go]),
    ]);
    this.sheet = create("dialog", { class: "tw-sheet tw-name-sheet", "aria-labelledby": "tw-name-title" }, [form]);
    this.sheet.addEventListener("cancel", (event) => !this.name && event.preventDefault());
    document.body.append(this.sheet);
  }

  /** @param {string} offered */
  start(offered) {
    this.offered = offered;
    const name = rememberedName();
    if (name) this.#take(name);
    else this.ask(false);
  }

  /** @param {boolean} isChange */
  ask(isChange) {
    if (this.sheet.open) return;
    const name = this.name || kept(NAME_KEY) || this.offered || "";
    const isIdle = !isChange && Boolean(this.name || kept(NAME_KEY));
    this.title.textContent = isChange ? "Change the name" : isIdle ? `Is it still ${name}?` : "Who is looking?";
    this.why.textContent = isIdle
      ? "Nobody was here for half an hour. Verdicts and paintings carry the name of whoever made them."
      : "Every verdict and every painting carries the name of whoever made it. It stays in this browser.";
    this.input.value = name;
    this.sheet.showModal();
    this.input.select();
  }

  /** @param {SubmitEvent} event */
  #submit(event) {
    const name = this.input.value.trim();
    if (name) return this.#take(name);
    event.preventDefault();
    return this.input.focus();
  }

  /** @param {string} name */
  #take(name) {
    this.name = current = name;
    keep(NAME_KEY, name);
    keep(SEEN_KEY, String(Date.now()));
    this.shown.textContent = name;
    this.tell(name);
  }

  #active() {
    if (!this.name || this.sheet.open || this.#lookIfIdle()) return;
    keep(SEEN_KEY, String(Date.now()));
  }

  /** @returns {boolean} */
  #lookIfIdle() {
    const isIdle = Boolean(this.name) && !this.sheet.open && Date.now() - Number(kept(SEEN_KEY) || Date.now()) >= IDLE_MS;
    if (isIdle) this.ask(false);
    return isIdle;
  }
}
