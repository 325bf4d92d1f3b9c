// @ts-check
/** What has been painted or judged and is not yet acknowledged by the server, kept in the browser. */

/** @typedef {import("./outbox.js").Item} Item */

const STORE = "items";

export class Drafts {
  /** @param {import("./browser_store.js").BrowserStore} store */
  constructor(store) {
    this.store = store;
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

  /** @param {IDBTransactionMode} mode @param {(store: IDBObjectStore) => IDBRequest} ask @returns {Promise<any>} */
  #run(mode, ask) {
    return this.store.run([STORE], mode, (transaction) => ask(transaction.objectStore(STORE)));
  }
}
