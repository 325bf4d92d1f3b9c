// @ts-check
/**
 * What the verdict keys mean for the image that is open. G and N without painting go on; N with a painting stays;
 * Enter says that every defect is painted and goes on; U goes on; A and D only move.
 */

/** @typedef {"good" | "defect" | "unsure"} VerdictValue */

/**
 * @typedef {object} Surroundings
 * @property {() => import("./session.js").Session | null} session
 * @property {() => string} author
 * @property {() => string} shownBecause
 * @property {(name: string, data: any) => void} trigger
 * @property {(message: string, button?: {text: string, press: () => void}) => void} notice
 * @property {() => void} clear
 * @property {() => number | null} goOn opens the next image at once where it is known, and returns it
 */

const ANSWER_MS = 1500; // then go on all the same: the verdict is kept and tried again
const MOVE_MS = 3000;

const STILL_LOADING = "The image is still loading.";
const NAME_NEEDED = "Type your name first: every verdict carries one.";
const PAINTED_NOT_GOOD = "A defect is painted here, so this is not a good part.";
const GOOD_BUT_PAINTED = "This image is judged good, but painted: nothing is learnt from it.";
const NOTHING_PAINTED = "Nothing is painted as a defect here. G: it is good. N: a defect, without painting.";

export class Judging {
  /** @param {Surroundings} around */
  constructor(around) {
    this.around = around;
    this.movingUntil = 0;
    /** @type {Promise<void>} what was told so far: one after the other, also where a person is quicker */
    this.told = Promise.resolve();
    /** The page has been told an image. */
    this.answered = () => {};
  }

  /** Another image has come. */
  arrived() {
    this.movingUntil = 0;
  }

  /** @param {string} action @returns {boolean} whether it is one of ours */
  act(action) {
    const own = {
      good: () => this.#good(), defect: () => this.#defect(), unsure: () => this.#judge("unsure", true),
      done: () => this.#done(), next: () => this.#move("next", "key"), previous: () => this.#move("previous", "key"),
    };
    if (!Object.hasOwn(own, action)) return false;
    if (!this.isMoving) own[/** @type {keyof typeof own} */ (action)]();
    return true;
  }

  /** Whether another image is waited for. */
  get isMoving() {
    return performance.now() < this.movingUntil;
  }

  /** Something was painted or taken away, or judged. */
  changed() {
    if (this.around.session()?.verdict !== "good" || !this.#isPainted) return;
    this.around.notice(GOOD_BUT_PAINTED, { text: "It is a defect", press: () => this.#judge("defect", false) });
  }

  get #isPainted() {
    return (this.around.session()?.painting?.defectCount ?? 0) > 0;
  }

  #good() {
    if (!this.#isPainted) return this.#judge("good", true);
    const clear = { text: "Clear the painting, mark good", press: () => this.#clearAndMarkGood() };
    return this.around.notice(PAINTED_NOT_GOOD, clear);
  }

  #clearAndMarkGood() {
    this.around.clear();
    this.#judge("good", true);
  }

  #defect() {
    this.#judge("defect", !this.#isPainted);
  }

  #done() {
    const session = this.around.session();
    if (!session?.isReady || !this.around.author()) return this.#judge("defect", true); // says why not
    if (!this.#isPainted) return this.around.notice(NOTHING_PAINTED);
    session.endStroke();
    session.complete = true;
    session.save();
    return this.#judge("defect", true);
  }

  /** @param {VerdictValue} verdict @param {boolean} isMoving */
  #judge(verdict, isMoving) {
    const session = this.around.session();
    if (!session?.isReady) return this.around.notice(STILL_LOADING);
    if (!this.around.author()) {
      this.around.trigger("name_needed", { image_id: session.imageId });
      return this.around.notice(NAME_NEEDED);
    }
    if (isMoving) this.movingUntil = performance.now() + MOVE_MS;
    session.endStroke();
    session.verdict = verdict;
    session.dispatchEvent(new Event("changed"));
    const body = { verdict, shown_because: this.around.shownBecause(), heatmap_visible: session.wasHeatmapShown };
    const kept = session.outbox.putVerdict(session.imageId, body);
    const opened = isMoving ? this.#goOn() : null;
    this.#tell(async () => {
      await kept;
      await session.outbox.flushed(ANSWER_MS);
      this.around.trigger("judged", {
        image_id: session.imageId, verdict, complete: session.complete,
        pixel_count: session.painting?.defectCount ?? 0, defect_types: session.painting?.defectTypes ?? [],
      });
      if (isMoving) this.#ask(session, { direction: "next", reason: "judged", opened });
    });
    return undefined;
  }

  /** @param {() => Promise<void>} act */
  #tell(act) {
    this.told = this.told.then(act).catch((error) => console.error(error));
  }

  /** @param {"next" | "previous"} direction @param {"judged" | "key"} reason */
  #move(direction, reason) {
    const session = this.around.session();
    if (!session) return;
    session.endStroke();
    const opened = direction === "next" ? this.#goOn() : this.#wait();
    this.#tell(async () => this.#ask(session, { direction, reason, opened }));
  }

  /**
   * Ask for the image to go to, and wait for it: the next step is asked for then, or its answer may come before this
   * one's. Ask again where no answer came, for on a slow line one can be lost.
   * @param {import("./session.js").Session} session @param {{direction: string, reason: string, opened: number | null}} step
   */
  async #ask(session, step) {
    const isOpen = () => this.around.session() === session;
    const opened = step.opened ?? (step.direction === "next" && isOpen() ? this.around.goOn() : null); // known by now
    const ask = () => this.around.trigger("move", { ...step, opened, image_id: session.imageId });
    const answer = new Promise((resolve) => {
      this.answered = () => resolve(undefined);
      setTimeout(resolve, MOVE_MS);
    });
    ask();
    await answer;
    if (opened === null && this.movingUntil && isOpen()) ask();
  }

  /** @returns {number | null} the image that was opened; null: the keys wait until one comes */
  #goOn() {
    const opened = this.around.goOn();
    if (opened === null) return this.#wait();
    this.movingUntil = 0;
    return opened;
  }

  #wait() {
    this.movingUntil = performance.now() + MOVE_MS;
    return null;
  }
}
