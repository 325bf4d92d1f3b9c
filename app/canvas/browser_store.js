// @ts-check
/**
 * What the browser keeps for one workspace (IndexedDB): unsaved items, undo journals and their steps.
 * A browser that refuses to keep anything (private windows) still works: `isKept` says so.
 */

const VERSION = 2; // 1 had only the items

export class BrowserStore {
  /** @param {string} workspace one database each, so that strokes never land in another workspace's images */
  constructor(workspace) {
    this.name = `twinbank-unsaved-${workspace || "default"}`;
    this.isKept = true;
    /** @type {Promise<IDBDatabase | null>} */
    this.database = this.#open();
  }

  /** @returns {Promise<IDBDatabase | null>} */
  #open() {
    return new Promise((resolve) => {
      const request = indexedDB.open(this.name, VERSION);
      request.onupgradeneeded = ({ oldVersion }) => {
        const database = request.result;
        if (oldVersion < 1) database.createObjectStore("items", { keyPath: "key" });
        database.createObjectStore("journals", { keyPath: "image_id" });
        database.createObjectStore("steps", { keyPath: ["image_id", "opening", "number"] });
      };
      request.onsuccess = () => {
        request.result.onversionchange = () => request.result.close(); // another tab brings a newer Twinbank
        resolve(request.result);
      };
      request.onerror = () => {
        this.isKept = false;
        resolve(null);
      };
    });
  }

  /**
   * Do something in one transaction, which is on the disk when the promise resolves.
   * @param {string[]} stores @param {IDBTransactionMode} mode
   * @param {(transaction: IDBTransaction) => IDBRequest | void} ask
   * @returns {Promise<any>} what the request gave; undefined when nothing can be kept
   */
  async run(stores, mode, ask) {
    const database = await this.database;
    if (!database) return undefined;
    return new Promise((resolve) => {
      const transaction = database.transaction(stores, mode, { durability: "strict" });
      const request = ask(transaction);
      transaction.oncomplete = () => resolve(request?.result);
      transaction.onabort = () => {
        this.isKept = false;
        resolve(undefined);
      };
    });
  }
}
