// @ts-check
/** Export: a format, what it can't hold, a new folder on the server. In: {product}: the one chosen in the header, null for all. Out: nothing. */

import { call } from "./api.js";
import { create } from "./dom.js";
import { nameNow } from "./name_tag.js";

const LAYOUTS = /** @type {[string, string][]} */ ([
  ["coco", "COCO with run lengths (keeps every pixel)"], ["png", "PNG mask per defect type (keeps every pixel)"], ["coco-polygons", "COCO with polygons"],
  ["yolo", "YOLO-seg: polygons in text files"], ["mvtec", "MVTec: product/train, test, ground_truth"],
]);

/**
 * @param {HTMLElement} element
 * @param {{props: {value: any}}} host
 */
export function mount(element, { props }) {
  const sheet = new ExportSheet(() => props.value?.product ?? null);
  element.replaceChildren(create("button", { type: "button", class: "tw-button", text: "Export", title: "Write images, masks and verdicts to a new folder", onclick: () => sheet.open() }));
}

class ExportSheet {
  /** @param {() => string | null} product */
  constructor(product) {
    this.productNow = product;
    this.isBusy = false;
    this.layout = create("select", {}, LAYOUTS.map(([value, text]) => create("option", { value, text })));
    this.folder = create("input", { type: "text", placeholder: "/data/handed-over" });
    this.what = create("p", { class: "tw-export-what", role: "status" });
    this.losses = create("ul", { class: "tw-import-results" });
    this.message = create("p", { class: "tw-import-message", role: "status" });
    this.go = create("button", { type: "submit", class: "tw-button tw-primary", text: "Export" });
    this.#build();
  }

  #build() {
    const close = create("button", { type: "button", class: "tw-button", text: "Close", onclick: () => this.sheet.close() });
    const form = create("form", { class: "tw-sheet-body", novalidate: true, onsubmit: (event) => this.#submit(event) }, [
      create("h2", { id: "tw-export-title", text: "Export" }),
      create("label", { class: "tw-field" }, [create("span", { text: "Format" }), this.layout]), this.what, this.losses,
      create("label", { class: "tw-field" }, [
        create("span", { text: "New folder" }), this.folder,
        create("small", { class: "tw-quiet", text: "A whole path on the machine that Twinbank runs on. It must not exist yet." }),
      ]),
      this.message, create("footer", { class: "tw-sheet-foot" }, [close, this.go]),
    ]);
    this.sheet = create("dialog", { class: "tw-sheet tw-export-sheet", "aria-labelledby": "tw-export-title" }, [form]);
    this.layout.addEventListener("change", () => this.#look());
    document.body.append(this.sheet);
  }

  open() {
    if (!nameNow()) return void document.dispatchEvent(new Event("twinbank:ask-name"));
    if (!this.isBusy) this.#say("");
    this.sheet.showModal();
    return void this.#look();
  }

  /** Say beforehand what would be written, and what the format can't hold. */
  async #look() {
    const body = { layout: this.layout.value, product: this.productNow() };
    const plan = await call("api/export/preview", { method: "POST", author: nameNow(), body }).catch((error) => error);
    if (body.layout !== this.layout.value) return;
    this.losses.replaceChildren();
    if (plan instanceof Error) return void (this.what.textContent = plan.message);
    const kept = plan.losses.length ? "This format can't hold:" : "Everything is kept.";
    this.what.textContent = `${body.product ?? "All products"}: ${counted(plan.images)}, ${plan.painted} painted. Verdicts and history go into twinbank.json. ${kept}`;
    this.losses.replaceChildren(...plan.losses.map((/** @type {string} */ text) => create("li", { text })));
  }

  /** @param {SubmitEvent} event */
  async #submit(event) {
    event.preventDefault();
    if (this.isBusy) return undefined;
    const folder = this.folder.value.trim();
    if (!folder) return this.#say("Type the new folder's path first.", true);
    this.#busy(true);
    this.#say("Writing… It goes on when you close this.");
    const body = { layout: this.layout.value, product: this.productNow(), folder };
    const answer = await call("api/export", { method: "POST", author: nameNow(), body }).catch((error) => error);
    this.#busy(false);
    if (answer instanceof Error) return this.#say(answer.message, true);
    return this.#say(`${counted(answer.images)} written to ${answer.folder}, ${answer.painted} painted.`);
  }

  /** @param {boolean} isBusy */
  #busy(isBusy) {
    this.isBusy = isBusy;
    this.go.toggleAttribute("disabled", isBusy);
  }

  /** @param {string} text @param {boolean} [isWrong] */
  #say(text, isWrong = false) {
    this.message.textContent = text;
    this.message.classList.toggle("is-wrong", isWrong);
  }
}

/** @param {number} images */
const counted = (images) => `${images.toLocaleString("en")} ${images === 1 ? "image" : "images"}`;
