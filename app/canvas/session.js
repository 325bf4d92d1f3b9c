// @ts-check
/**
 * One image that is open in the painter: its painting, its undo history, its picture, and the saving of every stroke.
 * Fires `changed` (painting or history), `painting`, `picture`, `heatmap` (each has arrived), `failed` {message},
 * `merged` {author, mine, theirs}, `restored`.
 */

import { address, getCard, getPainting, heatmapAddress, RefusedError } from "./api.js";
import { History } from "./history.js";
import { difference, isSame, runsOf } from "./merge.js";
import { IGNORE, Painting } from "./painting.js";

/** @typedef {import("./outbox.js").Outbox} Outbox */
/** @typedef {import("./pictures.js").Pictures} Pictures */
/** @typedef {import("./run_lengths.js").Box} Box */
/** @typedef {{outbox: Outbox, pictures: Pictures, journal: import("./journal.js").Journal}} Shared  by all images of a page */
/** @typedef {{history: History, content: import("./painting.js").Content}} Memory */

/** @typedef {{item: import("./outbox.js").PaintingItem, before: import("./outbox.js").Draft, theirs: import("./painting.js").Content, author: string | null}} Merged */

const RETRY_MS = 1000;
const REMEMBERED = 30;
/** @type {Map<number, Memory>} undo histories of the images opened last, also where the browser keeps nothing */
const memories = new Map();

const FRESH_MS = 20_000;
/** @type {{imageId: number, at: number, answer: Promise<any>} | null} the painting of the image that is opened next */
let ahead = null;

/** Ask for a painting before its image is opened. What others change meanwhile is merged, as ever. @param {number} imageId */
export function fetchPaintingAhead(imageId) {
  if (ahead?.imageId === imageId && performance.now() - ahead.at < FRESH_MS) return;
  ahead = { imageId, at: performance.now(), answer: getPainting(imageId).catch(() => null) };
}

/** @param {number} imageId @param {number} revision saved from here @returns {Promise<any>} used once; null: it is to be asked for */
async function takeAhead(imageId, revision) {
  const asked = ahead?.imageId === imageId && performance.now() - ahead.at < FRESH_MS ? ahead.answer : null;
  ahead = null; // before waiting: meanwhile the one after may be asked for
  const found = await asked;
  return found?.revision >= revision ? found : null;
}

export class Session extends EventTarget {
  /** @param {number} imageId @param {Shared} shared @param {boolean} [isBlind] without what is known of it */
  constructor(imageId, { outbox, pictures, journal }, isBlind = false) {
    super();
    this.isBlind = isBlind;
    this.imageId = imageId;
    this.outbox = outbox;
    this.pictures = pictures;
    this.journal = journal;
    this.writer = journal.writer(imageId);
    this.isClosed = false;
    this.history = new History();
    /** @type {Painting | null} */
    this.painting = null;
    /** @type {import("./pictures.js").Picture | null} */
    this.picture = null;
    this.complete = false;
    /** @type {any} the card of the image; null until it has arrived */
    this.card = null;
    /** @type {string | null} */
    this.savedAt = null;
    /** @type {string | null} */
    this.verdict = null;
    this.wasHeatmapShown = false;
    this.revision = 0;
  }

  get isReady() {
    return Boolean(this.painting && this.picture);
  }

  open() {
    this.#openPainting().catch((error) => this.#fail(error));
    this.#openPicture().catch((error) => this.#fail(error));
    this.#openCard();
  }

  async #openPainting() {
    await this.outbox.restored;
    const answer = (await takeAhead(this.imageId, this.outbox.savedRevision(this.imageId))) ?? (await this.#sure(() => getPainting(this.imageId)));
    if (this.isClosed) return;
    const painting = new Painting(answer.width, answer.height);
    const content = { layers: answer.layers, ignore: answer.ignore };
    const waiting = this.outbox.waitingPainting(this.imageId);
    const isOurs = waiting && waiting.width === answer.width && waiting.height === answer.height;
    if (!isOurs) this.outbox.know(this.imageId, { revision: answer.revision, content });
    if (!this.isBlind) {
      painting.load(isOurs ? waiting.draft : content);
      this.complete = isOurs ? waiting.draft.complete : answer.complete;
      this.savedAt = answer.saved_at; // a time would tell that something is painted
    }
    this.revision = answer.revision;
    const history = await this.#historyOf(painting.content());
    if (this.isClosed) return;
    if (history) this.history = history;
    this.painting = painting;
    this.dispatchEvent(new Event("painting"));
    if (isOurs) this.dispatchEvent(new Event("restored"));
  }

  /** @param {import("./painting.js").Content} content @returns {Promise<History | null>} what has led to it */
  async #historyOf(content) {
    const memory = memories.get(this.imageId);
    if (memory && isSame(memory.content, content)) return memory.history;
    return this.journal.read(this.imageId, content);
  }

  async #openPicture() {
    const picture = await this.pictures.get(this.imageId);
    if (this.isClosed) return;
    this.picture = picture;
    this.dispatchEvent(new Event("picture"));
  }

  async #openCard() {
    if (this.isBlind) return;
    const card = await getCard(this.imageId).catch(() => null); // only shown; the painter works without it
    if (this.isClosed || !card) return;
    this.card = card;
    this.verdict = this.verdict ?? card.verdict;
    this.dispatchEvent(new Event("changed"));
  }

  /** @param {number | string} version @returns {Promise<ImageBitmap | null>} null: this image has none */
  async heatmap(version) {
    const response = await fetch(heatmapAddress(this.imageId, version)).catch(() => null);
    if (!response?.ok) return null;
    return createImageBitmap(await response.blob()).catch(() => null);
  }

  /** @param {number | string} version @returns {Promise<number[][][]>} where the heatmap reaches the limit */
  async contours(version) {
    const path = `media/limits/${this.imageId}.json?version=${version}`;
    const response = await fetch(address(path)).catch(() => null);
    const answer = response?.ok ? await response.json().catch(() => null) : null;
    return Array.isArray(answer) ? answer : (answer?.polylines ?? []);
  }

  /** @template T @param {() => Promise<T>} ask @returns {Promise<T>} asked again while the server cannot be reached */
  async #sure(ask) {
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof TypeError) || this.isClosed) throw error;
        this.dispatchEvent(new CustomEvent("failed", { detail: { message: "The server cannot be reached – retrying." } }));
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  /** @param {unknown} error */
  #fail(error) {
    if (this.isClosed) return;
    const message = error instanceof Error ? error.message : String(error);
    this.dispatchEvent(new CustomEvent("failed", { detail: { message } }));
    if (!(error instanceof RefusedError)) console.error(error);
  }

  /** Remember what is needed to undo when this image is opened again. */
  close() {
    this.endStroke();
    this.isClosed = true;
    if (!this.painting) return;
    memories.delete(this.imageId);
    memories.set(this.imageId, { history: this.history, content: this.painting.content() });
    const [oldest] = memories.keys();
    if (memories.size > REMEMBERED) memories.delete(oldest);
  }

  endStroke() {
    const step = this.painting?.end();
    if (!step) return;
    this.history.push(step);
    this.#strokesChanged();
  }

  /** Take the stroke that is being made back, as if it had not begun. @returns {Box | null} */
  cancelStroke() {
    const step = this.painting?.end();
    return step && this.painting ? this.painting.toggle(step) : null;
  }

  /** @param {"undo" | "redo"} way @returns {Box | null} what to redraw */
  step(way) {
    if (!this.painting || this.painting.stroke) return null;
    const step = this.history[way]();
    if (!step) return null;
    const box = this.painting.toggle(step);
    this.#strokesChanged();
    return box;
  }

  /** @returns {Box | null} what to redraw */
  clear() {
    return this.#change(this.painting?.clearing() ?? []);
  }

  /** Make the painting this one, as a step that can be undone. @param {import("./painting.js").Content} content @returns {Box | null} */
  replaceWith(content) {
    return this.#change(this.painting?.difference(content) ?? []);
  }

  /** Make a layer these pixels, as a step that can be undone. @param {string} name @param {Uint8Array} pixels @returns {Box | null} */
  replaceLayer(name, pixels) {
    return this.#change(this.painting?.layerDifference(name, pixels) ?? []);
  }

  /** @param {import("./history.js").Step} step @returns {Box | null} */
  #change(step) {
    if (!this.painting || this.painting.stroke || !step.length) return null;
    const box = this.painting.toggle(step);
    this.history.push(step);
    this.#strokesChanged();
    return box;
  }

  /** A claim about the whole painting ends when the painting changes. */
  #strokesChanged() {
    this.complete = false;
    this.save();
  }

  /** @returns {Promise<void>} done when the browser keeps it; the server gets it in its turn */
  save() {
    if (!this.painting) return Promise.resolve();
    const content = this.painting.content();
    const kept = this.outbox.putPainting(this.imageId, { ...content, complete: this.complete }, this.painting);
    this.writer.keep(this.history, content);
    this.dispatchEvent(new Event("changed"));
    return kept;
  }

  /**
   * Somebody else's changes have been merged into what we had sent: bring them into the open painting.
   * @param {Merged} merged
   * @returns {Box | null} what to redraw
   */
  takeMerged({ item, before, theirs, author }) {
    if (!this.painting) return null;
    const { width, height } = this.painting;
    const names = new Set([...before.layers, ...item.draft.layers].map((layer) => layer.defect_type));
    const pairs = [...names].map((name) => ({ name, from: runsOf(before, name), to: runsOf(item.draft, name) }));
    let isChanged = false;
    for (const { name, from, to } of [...pairs, { name: IGNORE, from: before.ignore, to: item.draft.ignore }]) {
      const { added, removed } = difference(from, to, width, height);
      if (!added.length && !removed.length) continue;
      isChanged = true;
      this.painting.set(name, added, 1);
      this.painting.set(name, removed, 0);
    }
    if (!isChanged) return null;
    this.writer.keep(this.history, this.painting.content());
    this.dispatchEvent(new CustomEvent("merged", { detail: { author, mine: before, theirs } }));
    return { x0: 0, y0: 0, x1: width, y1: height };
  }
}
