// @ts-check
/**
 * Export: what a format would lose is said before anything is written. It is written on the server, goes on when the sheet or the page is
 * closed, and is fetched from there as one file. In: {product}: the one chosen in the header.
 */

import { address, call } from "./api.js";
import { create } from "./dom.js";
import { duration, shareOf } from "./job_watch.js";
import { nameNow } from "./name_tag.js";

/** @typedef {import("./job_watch.js").Job} Job */
/** @typedef {{job: number, name: string, layout: string, product: string | null, images: number, author: string, at: string, is_active: boolean}} Kept */

const LOOK_MS = 500;
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
  element.replaceChildren(create("button", { type: "button", class: "tw-button", text: "Export", title: "Write images, masks and verdicts for other programs", onclick: () => sheet.open() }));
}

class ExportSheet {
  /** @param {() => string | null} product */
  constructor(product) {
    this.productNow = product;
    /** @type {number | null} the export that is being followed */
    this.jobId = null;
    this.isAsking = false;
    this.layout = create("select", {}, LAYOUTS.map(([value, text]) => create("option", { value, text })));
    this.what = create("p", { class: "tw-export-what", role: "status" });
    this.losses = create("ul", { class: "tw-import-results tw-losses" });
    this.fill = create("span", { class: "tw-bar-fill" });
    this.bar = create("div", { class: "tw-bar", hidden: true }, [this.fill]);
    this.message = create("p", { class: "tw-import-message", role: "status" });
    this.leftOut = create("ul", { class: "tw-import-results" });
    this.kept = create("ul", { class: "tw-kept-exports" });
    this.earlier = create("section", { hidden: true }, [create("h3", { text: "Exports kept here" }), this.kept]);
    this.go = create("button", { type: "submit", class: "tw-button tw-primary", text: "Export" });
    this.stop = create("button", { type: "button", class: "tw-button", text: "Cancel export", hidden: true, onclick: () => this.#cancel() });
    this.#build();
  }

  #build() {
    const close = create("button", { type: "button", class: "tw-button", text: "Close", onclick: () => this.sheet.close() });
    const form = create("form", { class: "tw-sheet-body", novalidate: true, onsubmit: (event) => this.#submit(event) }, [
      create("h2", { id: "tw-export-title", text: "Export" }),
      create("label", { class: "tw-field" }, [create("span", { text: "Format" }), this.layout]), this.what, this.losses,
      this.bar, this.message, this.leftOut, this.earlier, create("footer", { class: "tw-sheet-foot" }, [close, this.stop, this.go]),
    ]);
    this.sheet = create("dialog", { class: "tw-sheet tw-export-sheet", "aria-labelledby": "tw-export-title" }, [form]);
    this.layout.addEventListener("change", () => this.#look());
    document.body.append(this.sheet);
  }

  open() {
    if (!nameNow()) return void document.dispatchEvent(new Event("twinbank:ask-name"));
    if (this.jobId === null) this.#say("");
    this.sheet.showModal();
    this.#list();
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
    if (this.jobId !== null || this.isAsking) return undefined;
    this.isAsking = true;
    const body = { layout: this.layout.value, product: this.productNow() };
    this.leftOut.replaceChildren();
    const answer = await call("api/export", { method: "POST", author: nameNow(), body }).catch((error) => error);
    this.isAsking = false;
    if (answer instanceof Error) return this.#say(answer.message, true);
    document.dispatchEvent(new CustomEvent("twinbank:job-started", { detail: { id: answer.job } }));
    return this.#follow(answer.job);
  }

  /** @param {number} id */
  async #follow(id) {
    if (this.jobId !== null) return;
    this.#followed(id);
    while (this.jobId === id) {
      const job = /** @type {Job | null} */ (await call(`api/jobs/${id}`).catch(() => null));
      if (job === null) this.#say("The server can't be reached. The export goes on; its end is shown here.", true);
      else if (job.is_active) this.#show(job);
      else this.#ended(job);
      if (this.jobId === id) await new Promise((done) => setTimeout(done, LOOK_MS));
    }
  }

  /** @param {number | null} id */
  #followed(id) {
    this.jobId = id;
    this.go.toggleAttribute("disabled", id !== null);
    this.stop.hidden = id === null;
    this.bar.hidden = id === null;
  }

  /** @param {Job} job */
  #show(job) {
    this.fill.style.width = `${100 * (shareOf(job) ?? 0)}%`;
    const left = job.seconds_left === null ? "" : `, ${duration(job.seconds_left)} left`;
    this.#say(job.total ? `${job.done} of ${job.total} written${left}. It goes on when you close this.` : "Waiting for its turn. It goes on when you close this.");
  }

  /** @param {Job} job */
  #ended(job) {
    this.#followed(null);
    this.#list();
    if (!job.result) return this.#say(job.error ?? `The export was ${job.state}.`, true);
    const { images, painted, name, left_out: leftOut } = job.result;
    const without = leftOut.length ? ` ${counted(leftOut.length)} left out:` : "";
    this.#say(`${counted(images)} written, ${painted} painted. They lie in exports/${name} of the workspace.${without}`);
    this.leftOut.replaceChildren(...leftOut.map((/** @type {{name: string, reason: string}} */ file) => create("li", { text: `${file.name}: ${file.reason}` })));
    return undefined;
  }

  async #cancel() {
    if (this.jobId === null) return;
    await call(`api/jobs/${this.jobId}/cancel`, { method: "POST", author: nameNow(), body: {} }).catch((error) => this.#say(error.message, true));
  }

  /** Show what was exported before, and follow what is being exported now, whoever started it. */
  async #list() {
    const answer = await call("api/exports").catch(() => null);
    if (!answer) return;
    const all = /** @type {Kept[]} */ (answer.exports);
    const running = all.find((one) => one.is_active);
    if (running && this.jobId === null) this.#follow(running.job);
    const done = all.filter((one) => !one.is_active);
    this.earlier.hidden = !done.length;
    this.kept.replaceChildren(...done.map((one) => this.#line(one)));
  }

  /** @param {Kept} one */
  #line(one) {
    const when = new Date(one.at).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" });
    return create("li", { class: "tw-kept-export" }, [
      create("span", { text: `${one.product ?? "All products"}, ${one.layout}: ${counted(one.images)}` }),
      create("small", { class: "tw-quiet", text: `${when}, ${one.author}` }),
      create("a", { class: "tw-button", href: address(`api/exports/${one.job}/archive`), download: `${one.name}.zip`, text: "Download" }),
      create("button", { type: "button", class: "tw-button", text: "Remove", title: "Delete this export from the server; it can be made again", onclick: () => this.#remove(one.job) }),
    ]);
  }

  /** @param {number} job */
  async #remove(job) {
    await call(`api/exports/${job}`, { method: "DELETE", author: nameNow() }).catch((error) => this.#say(error.message, true));
    this.#list();
  }

  /** @param {string} text @param {boolean} [isWrong] */
  #say(text, isWrong = false) {
    this.message.textContent = text;
    this.message.classList.toggle("is-wrong", isWrong);
  }
}

/** @param {number} images */
const counted = (images) => `${images.toLocaleString("en")} ${images === 1 ? "image" : "images"}`;
