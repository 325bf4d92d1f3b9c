// @ts-check
/**
 * Undo histories that survive a reload. Each opening of an image writes under a number of its own, so that two tabs
 * never mix their steps; a history is taken up again only over exactly the painting that it led to.
 */

import { History } from "./history.js";
import { canonical } from "./merge.js";

/** @typedef {import("./painting.js").Content} Content */
/** @typedef {{image_id: number, opening: string, done: number, total: number, painting: string, at: number}} Entry */

const KEPT = 200; // images; the longest untouched go first

export class Journal {
  /** @param {import("./browser_store.js").BrowserStore} store */
  constructor(store) {
    this.store = store;
  }

  /** @param {number} imageId @param {Content} content as it is now @returns {Promise<History | null>} */
  async read(imageId, content) {
    /** @type {Entry | undefined} */
    const entry = await this.store.run(["journals"], "readonly", (transaction) => transaction.objectStore("journals").get(imageId));
    if (!entry || entry.painting !== fingerprint(content)) return null;
    const range = stepsOf(imageId, entry.opening);
    const rows = await this.store.run(["steps"], "readonly", (transaction) => transaction.objectStore("steps").getAll(range));
    if (rows?.length !== entry.total) return null; // another tab has taken them away
    const history = new History();
    const steps = rows.map((/** @type {any} */ row) => row.step);
    history.past = steps.slice(0, entry.done);
    history.future = steps.slice(entry.done).reverse();
    return history;
  }

  /** @param {number} imageId @returns {JournalWriter} of one opening of this image */
  writer(imageId) {
    return new JournalWriter(this.store, imageId);
  }
}

export class JournalWriter {
  /** @param {import("./browser_store.js").BrowserStore} store @param {number} imageId */
  constructor(store, imageId) {
    this.store = store;
    this.imageId = imageId;
    this.opening = newName();
    /** @type {import("./history.js").Step[]} as they were written last, in order */
    this.written = [];
  }

  /** @param {History} history @param {Content} content that it has led to @returns {Promise<void>} */
  keep(history, content) {
    const steps = [...history.past, ...[...history.future].reverse()];
    const isFirst = !this.written.length;
    const same = steps.findIndex((step, at) => step !== this.written[at]);
    const from = same === -1 ? steps.length : same;
    this.written = steps;
    const entry = {
      image_id: this.imageId, opening: this.opening, done: history.past.length, total: steps.length,
      painting: fingerprint(content), at: Date.now(),
    };
    return this.store.run(["journals", "steps"], "readwrite", (transaction) => {
      const rows = transaction.objectStore("steps");
      if (isFirst) rows.delete(IDBKeyRange.bound([this.imageId], [this.imageId, []])); // of earlier openings
      else rows.delete(stepsOf(this.imageId, this.opening, from));
      steps.slice(from).forEach((step, at) => rows.put({ image_id: this.imageId, opening: this.opening, number: from + at, step }));
      transaction.objectStore("journals").put(entry);
      if (isFirst) forgetOldest(transaction);
    });
  }
}

/** @param {IDBTransaction} transaction */
function forgetOldest(transaction) {
  const journals = transaction.objectStore("journals");
  const request = journals.getAll();
  request.onsuccess = () => {
    const oldestLast = /** @type {Entry[]} */ (request.result).sort((a, b) => b.at - a.at);
    for (const { image_id } of oldestLast.slice(KEPT)) {
      journals.delete(image_id);
      transaction.objectStore("steps").delete(IDBKeyRange.bound([image_id], [image_id, []]));
    }
  };
}

/** @param {number} imageId @param {string} opening @param {number} [from] */
function stepsOf(imageId, opening, from = 0) {
  return IDBKeyRange.bound([imageId, opening, from], [imageId, opening, Infinity]);
}

/** A name that no other tab has. (`crypto.randomUUID` is missing on plain HTTP.) */
export function newName() {
  return [...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(16).padStart(8, "0")).join("");
}

/** Two numbers of 32 bits (FNV-1a from two starts) over the painting, as text. @param {Content} content */
function fingerprint(content) {
  const text = canonical(content);
  let [a, b] = [0x811c9dc5, 0x9747b28c];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ code, 0x85ebca6b);
  }
  return `${text.length}-${(a >>> 0).toString(16)}-${(b >>> 0).toString(16)}`;
}
