// @ts-check
/**
 * Undo and redo. A step keeps only the pixels that it changed, as run lengths: a pixel is 0 or 1, so changing the
 * same pixels back undoes it. Steps cost kilobytes, so none is ever dropped.
 */

/** @typedef {{layer: string, runs: Uint32Array}} Change */
/** @typedef {Change[]} Step */

export class History {
  constructor() {
    /** @type {Step[]} */
    this.past = [];
    /** @type {Step[]} */
    this.future = [];
  }

  /** @param {Step} step that was just made */
  push(step) {
    this.past.push(step);
    this.future.length = 0;
  }

  /** @returns {Step | null} the step to change back */
  undo() {
    const step = this.past.pop() ?? null;
    if (step) this.future.push(step);
    return step;
  }

  /** @returns {Step | null} the step to make again */
  redo() {
    const step = this.future.pop() ?? null;
    if (step) this.past.push(step);
    return step;
  }
}
