// @ts-check
/** Which cards are selected: what click, Shift, Ctrl and the keyboard mean for it. Positions are places in the list. */

export class Selection {
  /** @param {number} count of cards */
  constructor(count) {
    this.count = count;
    /** @type {Set<number>} */
    this.chosen = new Set();
    this.active = count ? 0 : -1;
    this.anchor = this.active;
  }

  /** @param {number} at @param {{shift: boolean, ctrl: boolean}} keys */
  click(at, { shift, ctrl }) {
    if (shift) this.#chooseRange(this.anchor, at, ctrl);
    else if (ctrl) this.toggle(at);
    else this.chosen = new Set([at]);
    this.active = at;
    if (!shift) this.anchor = at;
  }

  /** @param {number} step @param {{shift: boolean}} keys */
  move(step, { shift }) {
    if (!this.count) return;
    this.active = Math.min(this.count - 1, Math.max(0, this.active + step));
    if (shift) this.#chooseRange(this.anchor, this.active, false);
    else this.anchor = this.active;
  }

  /** @param {number} [at] */
  toggle(at = this.active) {
    if (at < 0) return;
    if (!this.chosen.delete(at)) this.chosen.add(at);
    this.anchor = at;
  }

  all() {
    this.chosen = new Set(Array.from({ length: this.count }, (_, at) => at));
  }

  none() {
    this.chosen = new Set();
  }

  /** @returns {number[]} what a key acts on: the selected cards, or else the one with the focus */
  targets() {
    if (this.chosen.size) return [...this.chosen].sort((a, b) => a - b);
    return this.active < 0 ? [] : [this.active];
  }

  /** @param {number} from @param {number} to @param {boolean} isAdding */
  #chooseRange(from, to, isAdding) {
    if (!isAdding) this.chosen = new Set();
    for (let at = Math.min(from, to); at <= Math.max(from, to); at++) this.chosen.add(at);
  }
}
