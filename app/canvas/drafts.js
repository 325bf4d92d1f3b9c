// @ts-check
/**
 * What has been painted or judged and is not yet acknowledged by the server, kept in the browser's IndexedDB.
 * A browser that refuses to keep anything (private windows) still works: `isKept` says so.
 */

/** @typedef {import("./outbox.js").Item} Item */

const STORE = "items";

export class Drafts {
  /** @param {string} workspace one database each, so that strokes never land in another workspace's images */
  constructor(workspace) {
    this.name = `twinbank-unsaved-${workspace || "default"}`;
    this.isKept = true;
    /** @type {Promise<IDBDatabase | null>} */
    this.database = this.#open();
  }

  /** @returns {Promise<Item[]>} oldest first */
  async all() {
    const items = await this.#run("readonly", (store) => store.getAll());
    return /** @type {Item[]} */ (items ?? []).sort((a, b) => a.since - b.since);
  }

  /** @param {Item} item */
  async put(item) {
    await this.#run("readwrite", (store) => store.put(item));
  }

  /** @param {string} key */
  async delete(key) {
    await this.#run("readwrite", (store) => store.delete(key));
  }

  /** @returns {Promise<IDBDatabase | null>} */
  #open() {
    return new Promise((resolve) => {
      const request = indexedDB.open(this.name, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "key" });
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => {
        this.isKept = false;
        resolve(null);
      };
    });
  }

  /**
   * @param {IDBTransactionMode} mode
   * @param {(store: IDBObjectStore) => IDBRequest} ask
   * @returns {Promise<any>} undefined when nothing can be kept
   */
  async #run(mode, ask) {
    const database = await this.database;
    if (!database) return undefined;
    return new Promise((resolve) => {
      const transaction = database.transaction(STORE, mode, { durability: "strict" });
      const request = ask(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => {
        this.isKept = false;
        resolve(undefined);
      };
    });
  }
}
