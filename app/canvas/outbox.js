// @ts-check
/**
 * The outbox: saves one after the other until the server has acknowledged each. Nothing is dropped: a lost connection
 * is tried again for ever, a refusal stays visible, a painting that somebody else changed meanwhile is merged, and both
 * versions are kept beside the merged one. Each save has a name; sent again under it, it is stored once.
 *
 * Fires `state` (see State), `saved` {item, answer}, `merged` {item, before, theirs, author}.
 */

import { postVerdict, putPainting, RefusedError } from "./api.js";
import { newName } from "./journal.js";
import { isSame, merge, runsOf } from "./merge.js";
import { fingerprint, RunLengthError, toggled } from "./run_lengths.js";

/** @typedef {import("./painting.js").Content} Content */
/** @typedef {Content & {complete: boolean}} Draft */
/** @typedef {{revision: number, content: Content}} Base  what the server had when the draft was begun */
/** @typedef {{key: string, kind: "painting", image_id: number, author: string, since: number, width: number, height: number, base: Base, draft: Draft, save_id: string, sent: string[], beside: Content | null}} PaintingItem  sent: names of saves that never got an answer; beside: our own version, before it was merged */
/** @typedef {{key: string, kind: "verdict", image_id: number, author: string, since: number, body: any}} VerdictItem */
/** @typedef {PaintingItem | VerdictItem} Item */
/** @typedef {{kind: "saved" | "saving" | "retrying" | "refused", waiting: number, message: string, at: string | null}} State */

const FIRST_PAUSE_MS = 400;
const LONGEST_PAUSE_MS = 5000;
const CONFLICT = 409;
const SEND_WHOLE = 412;

/** @param {number} imageId */
export const paintingKey = (imageId) => `painting:${imageId}`;

export class Outbox extends EventTarget {
  /** @param {import("./drafts.js").Drafts} drafts @param {() => string} author who works here now; "" before the first visit */
  constructor(drafts, author) {
    super();
    this.drafts = drafts;
    this.author = author;
    /** @type {Map<string, Item>} */
    this.items = new Map();
    /** @type {Map<number, Base>} what the server was last known to have */
    this.bases = new Map();
    /** @type {State} */
    this.state = { kind: "saved", waiting: 0, message: "", at: null };
    this.pause = FIRST_PAUSE_MS;
    this.isRunning = false;
    this.wake = () => {};
    this.restored = this.#restore();
    addEventListener("beforeunload", (event) => this.items.size && event.preventDefault());
    addEventListener("online", () => this.retryNow());
  }

  async #restore() {
    for (const item of await this.drafts.all()) if (!this.items.has(item.key)) this.items.set(item.key, item);
    if (this.items.size) this.#start();
  }

  /** @param {number} imageId @returns {PaintingItem | null} the painting that waits to be saved */
  waitingPainting(imageId) {
    return /** @type {PaintingItem | null} */ (this.items.get(paintingKey(imageId)) ?? null);
  }

  /** @param {number} imageId @returns {number} the newest that the server is known to have; 0: none is */
  savedRevision(imageId) {
    return this.bases.get(imageId)?.revision ?? 0;
  }

  /** @param {number} imageId @param {Base} base as the server answered it just now */
  know(imageId, base) {
    this.bases.set(imageId, base);
  }

  /** @param {number} imageId @param {Draft} draft @param {{width: number, height: number}} size */
  putPainting(imageId, draft, { width, height }) {
    const key = paintingKey(imageId);
    const waiting = this.waitingPainting(imageId);
    const base = waiting?.base ?? this.bases.get(imageId) ?? { revision: 0, content: { layers: [], ignore: [] } };
    const since = waiting?.since ?? Date.now();
    const sent = waiting ? [...(waiting.sent ?? []), waiting.save_id] : [];
    return this.#put({
      key, kind: "painting", image_id: imageId, author: this.author(), since, width, height, base, draft,
      save_id: newName(), sent, beside: waiting?.beside ?? null,
    });
  }

  /** @param {number} imageId @param {any} body of the verdict route */
  putVerdict(imageId, body) {
    const key = `verdict:${imageId}`;
    this.items.delete(key); // a changed mind goes to the end, after the painting it is about
    return this.#put({ key, kind: "verdict", image_id: imageId, author: this.author(), since: Date.now(), body });
  }

  /** @param {Item} item @returns {Promise<void>} done when the browser keeps it */
  #put(item) {
    this.items.set(item.key, item);
    const kept = this.drafts.put(item);
    this.#start();
    return kept;
  }

  retryNow() {
    this.pause = FIRST_PAUSE_MS;
    this.wake();
    this.#start();
  }

  /** @param {number} milliseconds @returns {Promise<boolean>} whether everything was acknowledged in this time */
  async flushed(milliseconds) {
    for (const end = performance.now() + milliseconds; this.items.size && performance.now() < end; ) {
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
    return this.items.size === 0;
  }

  async #start() {
    if (this.isRunning) return;
    this.isRunning = true;
    for (let item = this.#next(); item; item = this.#next()) {
      if (this.state.kind !== "retrying" && this.state.kind !== "refused") this.#say("saving", "");
      if (await this.#send(item)) this.pause = FIRST_PAUSE_MS;
      else await this.#rest();
    }
    this.isRunning = false;
  }

  /** @returns {Item | undefined} */
  #next() {
    return this.items.values().next().value;
  }

  /** @param {Item} item @returns {Promise<boolean>} whether something was achieved */
  async #send(item) {
    try {
      await this.#acknowledge(item, await this.#deliver(item));
      return true;
    } catch (error) {
      const status = error instanceof RefusedError ? error.status : 0;
      const theirs = status === CONFLICT ? error.body?.painting : null;
      if (item.kind === "painting" && theirs && theirs.revision !== item.base.revision) return this.#meet(item, theirs);
      const isLost = error instanceof TypeError || status >= 500 || status === CONFLICT;
      if (isLost) this.#say("retrying", "");
      else this.#refused(item, error.message);
      return false;
    }
  }

  /** @param {Item} item @returns {Promise<any>} */
  #deliver(item) {
    const author = item.author || this.author();
    if (item.kind === "verdict") return postVerdict(item.image_id, author, item.body);
    return this.#deliverPainting(item, author);
  }

  /**
   * Send what has changed since the base; all of it where the server can't make the same painting of that.
   * @param {PaintingItem} item @param {string} author
   */
  async #deliverPainting({ image_id, base, draft, save_id, beside }, author) {
    const whole = { base_revision: base.revision, ...draft, save_id, beside };
    const changes = beside ? null : changesOf(base, draft);
    if (!changes) return putPainting(image_id, author, whole);
    try {
      return await putPainting(image_id, author, { ...whole, ...changes });
    } catch (error) {
      if (!(error instanceof RefusedError) || error.status !== SEND_WHOLE) throw error;
      return putPainting(image_id, author, whole);
    }
  }

  /** @param {Item} item @param {any} answer */
  async #acknowledge(item, answer) {
    if (item.kind === "painting") {
      this.#rebase(item.key, { revision: answer.revision, content: contentOf(item.draft) }, item);
    }
    if (this.items.get(item.key) === item) this.items.delete(item.key);
    const unsaved = this.items.get(item.key); // painted since it was sent
    await (unsaved ? this.drafts.put(unsaved) : this.drafts.delete(item.key));
    const since = this.items.get(item.key);
    if (since && since !== unsaved) await this.drafts.put(since);
    this.#say(this.items.size ? "saving" : "saved", "", answer.saved_at ?? new Date().toISOString());
    this.dispatchEvent(new CustomEvent("saved", { detail: { item, answer } }));
  }

  /** What waits is now to be understood as changes of this base. @param {string} key @param {Base} base @param {PaintingItem} sent */
  #rebase(key, base, sent) {
    this.bases.set(sent.image_id, base);
    const newest = this.items.get(key);
    if (newest && newest !== sent) this.items.set(key, /** @type {PaintingItem} */ ({ ...newest, base, sent: [], beside: null }));
  }

  /** @param {PaintingItem} sent @param {any} theirs the painting that the server has @returns {Promise<boolean>} */
  async #meet(sent, theirs) {
    const item = /** @type {PaintingItem} */ (this.items.get(sent.key) ?? sent); // with strokes made since
    const content = { layers: theirs.layers, ignore: theirs.ignore };
    if (!item.sent?.includes(theirs.save_id)) return this.#mergeWith(item, theirs, content);
    // It is an earlier save of our own, whose answer got lost.
    const base = { revision: theirs.revision, content };
    this.bases.set(item.image_id, base);
    this.#put({ ...item, base, sent: [], beside: null });
    return true;
  }

  /** @param {PaintingItem} item @param {any} theirs @param {Content} content theirs @returns {Promise<boolean>} */
  async #mergeWith(item, theirs, content) {
    const merged = tryMerge(item, content);
    if (!merged) {
      this.#refused(item, "This image was changed in a way that these strokes do not fit.");
      return false;
    }
    const draft = { ...merged, complete: item.draft.complete };
    const beside = item.beside ?? contentOf(item.draft);
    const rebased = { ...item, base: { revision: theirs.revision, content }, draft, save_id: newName(), sent: [], beside };
    this.bases.set(item.image_id, rebased.base);
    if (isSame(merged, content) && theirs.complete === draft.complete) await this.#settle(item, rebased, theirs);
    else this.#put(rebased);
    this.dispatchEvent(new CustomEvent("merged", { detail: { item: rebased, before: item.draft, theirs: content, author: theirs.author } }));
    return true;
  }

  /** The server has it already: an answer got lost, or another tab saved it. @param {Item} item @param {Item} rebased @param {any} theirs */
  async #settle(item, rebased, theirs) {
    if (this.items.get(item.key) === item) this.items.set(item.key, rebased);
    await this.#acknowledge(rebased, theirs);
  }

  /** Give up what the server refuses to take. */
  async discardAll() {
    const keys = [...this.items.keys()];
    this.items.clear();
    await Promise.all(keys.map((key) => this.drafts.delete(key)));
    this.#say("saved", "");
    this.wake();
  }

  /** @param {Item} item goes behind the others, so that one refusal does not hold them up @param {string} message */
  #refused(item, message) {
    const newest = this.items.get(item.key) ?? item;
    this.items.delete(item.key);
    this.items.set(item.key, newest);
    this.#say("refused", message);
  }

  async #rest() {
    await new Promise((resolve) => {
      this.wake = () => resolve(undefined);
      setTimeout(resolve, this.pause);
    });
    this.pause = Math.min(LONGEST_PAUSE_MS, this.pause * 2);
  }

  /** @param {State["kind"]} kind @param {string} message @param {string | null} [at] */
  #say(kind, message, at = this.state.at) {
    this.state = { kind, message, at, waiting: this.items.size };
    this.dispatchEvent(new CustomEvent("state", { detail: this.state }));
  }
}

/**
 * The draft as what differs from its base, if that is less to send: every layer of the draft, with the pixels that changed.
 * @param {Base} base @param {Draft} draft
 */
function changesOf({ revision, content }, draft) {
  if (revision === 0) return null;
  const layers = draft.layers.map(({ defect_type, runs }) => ({ defect_type, runs: toggled(runsOf(content, defect_type), runs) }));
  const ignore = toggled(content.ignore ?? [], draft.ignore ?? []);
  const isLess = numbersOf({ layers, ignore }) < numbersOf(draft);
  return isLess ? { layers, ignore, is_change: true, result: fingerprint([...draft.layers.map((layer) => layer.runs), draft.ignore ?? []]) } : null;
}

/** @param {Content} content */
const numbersOf = ({ layers, ignore }) => layers.reduce((sum, layer) => sum + layer.runs.length, ignore?.length ?? 0);

/** @param {Draft} draft @returns {Content} */
function contentOf({ layers, ignore }) {
  return { layers, ignore };
}

/** @param {PaintingItem} item @param {Content} theirs @returns {Content | null} null: theirs is of another size */
function tryMerge(item, theirs) {
  try {
    return merge(item.base.content, contentOf(item.draft), theirs, item.width, item.height);
  } catch (error) {
    if (error instanceof RunLengthError) return null;
    throw error;
  }
}
