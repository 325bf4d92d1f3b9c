// @ts-check
/**
 * Import: files sent from this browser, with progress and an answer for every file, or a folder that the server reads; what is in the folder
 * is shown first.
 * In: {products, product}: names to choose from, the one chosen in the header. Out: `imported` {added, refused}, also at the end of a
 * folder's import, which goes on when the sheet or the page is closed.
 */

import { address, call } from "./api.js";
import { create } from "./dom.js";
import { picked, refusedLines, resultLines, SUFFIXES } from "./import_files.js";
import { shareOf, watchJobs } from "./job_watch.js";
import { nameNow } from "./name_tag.js";

/** @typedef {import("./import_files.js").Picked} Picked */

const FILES_AT_ONCE = 8;
const LAYOUTS = /** @type {[string, string][]} */ ([
  ["", "Recognise it"], ["folder", "A folder of images"], ["mvtec", "MVTec: product/train, test, ground_truth"],
  ["coco", "COCO: images and a .json"], ["png", "PNG masks: images, masks/type"], ["yolo", "YOLO-seg: images, labels, data.yaml"],
]);

/**
 * @param {HTMLElement} element
 * @param {{props: {value: any}, trigger: (name: string, data: any) => void}} host
 */
export function mount(element, { props, trigger }) {
  const sheet = new ImportSheet(() => props.value ?? {}, trigger);
  const open = () => sheet.open();
  element.replaceChildren(create("button", { type: "button", class: "tw-button tw-primary", text: "Import images", title: "Add images of parts", onclick: open }));
  document.addEventListener("twinbank:import", open);
}

/** @param {string} label @param {HTMLElement} field @param {string} [hint] */
const labelled = (label, field, hint) =>
  create("label", { class: "tw-field" }, [create("span", { text: label }), field, hint ? create("small", { class: "tw-quiet", text: hint }) : null]);

/** @param {[string, string][]} choices value, text */
const select = (choices) => create("select", {}, choices.map(([value, text]) => create("option", { value, text })));

/** @param {number} images */
const counted = (images) => `${images.toLocaleString("en")} ${images === 1 ? "image" : "images"}`;

class ImportSheet {
  /** @param {() => any} value @param {(name: string, data: any) => void} trigger */
  constructor(value, trigger) {
    this.value = value;
    this.trigger = trigger;
    /** @type {Picked[]} */
    this.files = [];
    this.isBusy = false;
    this.isStopped = false;
    /** @type {{layout: string, images: number, products: string[]} | null} what the server found in the folder */
    this.plan = null;
    /** @type {number | null} the folder's import that was started here */
    this.jobId = null;
    this.#build();
    watchJobs(({ job, ended }) => {
      if (job && job.id === this.jobId) this.#showJob(job);
      if (ended && ended.id === this.jobId) this.#folderEnded(ended);
    });
  }

  #build() {
    this.names = create("datalist", { id: "tw-import-products" });
    this.product = create("input", { type: "text", list: "tw-import-products", maxlength: 80, placeholder: "for example: spur_gear", required: true });
    this.verdict = select([["", "Not judged yet"], ["good", "Good parts"], ["defect", "Defective parts"]]);
    this.input = create("input", { type: "file", multiple: true, accept: SUFFIXES.join(), hidden: true, onchange: () => this.#choose(this.input.files) });
    this.folder = create("input", { type: "file", webkitdirectory: true, hidden: true, onchange: () => this.#choose(this.folder.files) });
    this.drop = create("button", { type: "button", class: "tw-drop", onclick: () => this.input.click() }, [
      create("b", { text: "Drop images here, or choose them" }), create("span", { class: "tw-quiet", text: "PNG, JPEG, BMP, TIFF or WebP, up to 64 megapixels" }),
    ]);
    this.root = create("input", { type: "text", placeholder: "/data/parts" });
    this.layout = select(LAYOUTS);
    this.modes = create("div", { class: "tw-segments", role: "tablist" }, [this.#mode("files", "From this computer"), this.#mode("folder", "Folder on the server")]);
    const whole = create("button", { type: "button", class: "tw-link", text: "Or choose a whole folder", onclick: () => this.folder.click() });
    this.fromFiles = create("div", { class: "tw-import-mode" }, [this.drop, whole, this.input, this.folder, labelled("They are", this.verdict)]);
    this.fromFolder = create("div", { class: "tw-import-mode" }, [
      labelled("Folder", this.root, "A path on the machine that Twinbank runs on. It is read, never changed."), labelled("Layout", this.layout),
      (this.below = create("p", { class: "tw-quiet", hidden: true })),
    ]);
    this.productField = labelled("Product", this.product, "One kind of part. Twinbank learns each product's good looks apart.");
    this.message = create("p", { class: "tw-import-message", role: "status" });
    this.fill = create("span", { class: "tw-bar-fill" });
    this.bar = create("div", { class: "tw-bar", hidden: true }, [this.fill]);
    this.results = create("ul", { class: "tw-import-results" });
    this.go = create("button", { type: "submit", class: "tw-button tw-primary", text: "Import" });
    this.close = create("button", { type: "button", class: "tw-button", text: "Close", onclick: () => this.#leave() });
    const form = create("form", { class: "tw-sheet-body", novalidate: true, onsubmit: (event) => this.#submit(event) }, [
      create("h2", { id: "tw-import-title", text: "Import images" }), this.modes, this.fromFiles, this.fromFolder, this.productField, this.names,
      this.bar, this.message, this.results, create("footer", { class: "tw-sheet-foot" }, [this.close, this.go]),
    ]);
    this.sheet = create("dialog", { class: "tw-sheet tw-import-sheet", "aria-labelledby": "tw-import-title" }, [form]);
    this.sheet.addEventListener("cancel", (event) => this.isBusy && event.preventDefault());
    this.root.addEventListener("input", () => this.#forgetPlan());
    this.layout.addEventListener("change", () => (this.plan ? this.#look() : this.#show()));
    this.drop.addEventListener("dragover", (event) => event.preventDefault());
    this.drop.addEventListener("drop", (event) => {
      event.preventDefault();
      this.#choose(event.dataTransfer?.files ?? null);
    });
    document.body.append(this.sheet);
  }

  /** @param {string} mode @param {string} text */
  #mode(mode, text) {
    return create("button", { type: "button", role: "tab", "data-mode": mode, text, onclick: () => this.#use(mode) });
  }

  /** @param {string} mode */
  #use(mode) {
    if (this.isBusy) return;
    this.mode = mode;
    this.#show();
  }

  #show() {
    const isFolder = this.mode === "folder";
    for (const tab of this.modes.children) tab.setAttribute("aria-selected", String(tab.getAttribute("data-mode") === this.mode));
    this.fromFiles.hidden = isFolder;
    this.fromFolder.hidden = !isFolder;
    this.productField.hidden = isFolder && (!this.plan || this.plan.layout === "mvtec" || this.plan.products.length > 1);
    const found = this.plan?.images ?? 0;
    const folder = this.plan ? `Import ${counted(found)}` : "Look at the folder";
    this.go.toggleAttribute("disabled", this.isBusy || (isFolder && this.plan !== null && !found));
    this.go.textContent = isFolder ? folder : this.files.length ? `Import ${this.files.length} ${this.files.length === 1 ? "image" : "images"}` : "Import";
  }

  open() {
    if (!nameNow()) return void document.dispatchEvent(new Event("twinbank:ask-name"));
    const products = this.value().products ?? [];
    this.names.replaceChildren(...products.map((/** @type {string} */ name) => create("option", { value: name })));
    this.product.value ||= this.value().product ?? "";
    this.files = [];
    if (this.jobId === null) {
      this.results.replaceChildren();
      this.#say("");
      this.bar.hidden = true;
    }
    this.#use(this.mode ?? "files");
    this.#offerFolders();
    return this.sheet.showModal();
  }

  /** Where others can reach the server, only some of its folders can be imported from a page, or none. */
  async #offerFolders() {
    const readable = await call("api/import/folders").catch(() => null); // not reached: the sheet will say so
    if (!readable) return;
    const isOffered = readable.any || readable.below.length > 0;
    this.modes.hidden = !isOffered;
    this.below.hidden = readable.any || !isOffered;
    this.below.textContent = `What lies in ${readable.below.join(" or ")} can be imported from here.`;
    if (!isOffered) this.#use("files");
  }

  /** @param {FileList | null} files */
  #choose(files) {
    this.files = picked(files);
    this.input.value = this.folder.value = ""; // so that the same can be chosen again
    this.drop.firstElementChild?.replaceChildren(this.files.length ? `${this.files.length} chosen` : "Drop images here, or choose them");
    this.#show();
  }

  /** @param {string} text @param {boolean} [isWrong] */
  #say(text, isWrong = false) {
    this.message.textContent = text;
    this.message.classList.toggle("is-wrong", isWrong);
  }

  #leave() {
    if (this.isBusy) this.isStopped = true;
    else this.sheet.close();
  }

  /** @param {SubmitEvent} event */
  async #submit(event) {
    event.preventDefault();
    if (this.isBusy) return;
    if (this.mode === "folder" && !this.plan) return this.#look();
    if (!this.productField.hidden && !this.product.value.trim()) return this.#say("Type the name of the product first.", true);
    if (this.mode === "folder") return this.#startFolder();
    if (!this.files.length) return this.#say("Choose images first.", true);
    return this.#sendFiles();
  }

  #forgetPlan() {
    this.plan = null;
    this.#show();
  }

  /** Ask what an import of the folder would take in, and show it. */
  async #look() {
    const root = this.root.value.trim();
    const layout = this.layout.value || null;
    if (!root) return this.#say("Type the folder's path first.", true);
    this.#forgetPlan();
    this.results.replaceChildren();
    this.#say("Looking at the folder…");
    try {
      const plan = await call("api/import/preview", { method: "POST", author: nameNow(), body: { root, layout } });
      if (root !== this.root.value.trim() || layout !== (this.layout.value || null)) return undefined; // another one by now
      this.plan = plan;
      this.#showPlan(plan);
    } catch (error) {
      this.#say(error.message, true);
    }
    return this.#show();
  }

  /** @param {any} plan */
  #showPlan(plan) {
    const name = (LAYOUTS.find(([value]) => value === plan.layout) ?? ["", plan.layout])[1];
    if (plan.products.length === 1) this.product.value = plan.products[0];
    const products = plan.products.length > 1 ? ` of ${plan.products.length} products` : "";
    this.#say(`${name}. ${counted(plan.images)}${products}: ${plan.good} good, ${plan.defect} defective, ${plan.not_judged} not judged, ${plan.painted} painted.`);
    this.results.replaceChildren(...refusedLines(plan.refused));
  }

  async #startFolder() {
    const product = this.productField.hidden ? null : this.product.value.trim();
    const body = { root: this.root.value.trim(), layout: this.plan?.layout, product };
    try {
      const { job } = await call("api/import/folder", { method: "POST", author: nameNow(), body });
      this.jobId = job;
      this.bar.hidden = false;
      this.results.replaceChildren();
      this.#say("The folder is being imported. It goes on when you close this.");
      document.dispatchEvent(new CustomEvent("twinbank:job-started", { detail: { id: job } }));
    } catch (error) {
      this.#say(error.message, true);
    }
    return undefined;
  }

  /** @param {import("./job_watch.js").Job} job */
  #showJob(job) {
    this.fill.style.width = `${100 * (shareOf(job) ?? 0)}%`;
    if (job.total) this.#say(`${job.done} of ${job.total} read. It goes on when you close this.`);
  }

  /** @param {import("./job_watch.js").Job} job */
  #folderEnded(job) {
    this.jobId = null;
    this.#forgetPlan();
    if (!job.result) return this.#say(job.error ?? `The import was ${job.state}.`, true);
    const { added, already_there: known, refused } = job.result;
    this.fill.style.width = "100%";
    this.#say(`${added} added, ${known} were already there, ${refused.length} refused.`, refused.length > 0);
    this.results.replaceChildren(...refusedLines(refused));
    this.trigger("imported", { added, refused: refused.length });
    return undefined;
  }

  async #sendFiles() {
    this.#busy(true);
    const sum = { added: 0, already_there: 0, refused: 0 };
    let sent = 0;
    for (let at = 0; at < this.files.length && !this.isStopped; at += FILES_AT_ONCE) {
      const some = this.files.slice(at, at + FILES_AT_ONCE);
      const answer = await this.#send(some).catch((error) => ({ added: 0, already_there: 0, known: [], refused: some.map(({ name }) => ({ name, reason: error.message })) }));
      sent += some.length;
      sum.added += answer.added;
      sum.already_there += answer.already_there;
      sum.refused += answer.refused.length;
      this.results.append(...resultLines(some, answer));
      this.results.scrollTop = this.results.scrollHeight;
      this.fill.style.width = `${(100 * sent) / this.files.length}%`;
      this.#say(`${sent} of ${this.files.length} sent`);
    }
    const stopped = this.isStopped ? `Stopped after ${sent} of ${this.files.length} ${this.files.length === 1 ? "image" : "images"}. ` : "";
    this.#say(`${stopped}${sum.added} added, ${sum.already_there} ${sum.already_there === 1 ? "was" : "were"} already there, ${sum.refused} refused.`, sum.refused > 0);
    this.#busy(false);
    this.files = [];
    this.#choose(null);
    this.trigger("imported", { added: sum.added, refused: sum.refused });
  }

  /** @param {boolean} isBusy */
  #busy(isBusy) {
    this.isBusy = isBusy;
    this.isStopped = false;
    this.go.toggleAttribute("disabled", isBusy);
    this.close.textContent = isBusy ? "Stop" : "Close";
    this.bar.hidden = false;
    if (isBusy) {
      this.fill.style.width = "0%";
      this.results.replaceChildren();
    }
  }

  /** @param {Picked[]} files */
  async #send(files) {
    const body = new FormData();
    for (const { file, name } of files) body.append("files", file, name);
    body.append("product", this.product.value.trim());
    if (this.verdict.value) body.append("verdict", this.verdict.value);
    const headers = { "X-Twinbank-Author": encodeURIComponent(nameNow()) };
    const response = await fetch(address("api/import/files"), { method: "POST", headers, body });
    const answer = await response.json().catch(() => null);
    if (!response.ok) throw new Error(answer?.detail ?? `The server answered with error ${response.status}.`);
    return answer;
  }
}
