// @ts-check
/** While its key is held, the good image that the model compared the open one with takes its place. */

import { getNearestGood } from "./api.js";
import { create } from "./dom.js";

/** @typedef {import("./pictures.js").Picture} Picture */
/** @typedef {{picture: Picture | null, sentence: string}} Found  picture null: the sentence says why */

/**
 * @typedef {object} Surroundings
 * @property {import("./renderer.js").Renderer} renderer
 * @property {import("./pictures.js").Pictures} pictures
 * @property {() => import("./session.js").Session | null} session
 * @property {() => number | string} version whose comparison
 * @property {(message: string) => void} say
 */

const BLIND = "A second look is without the model: it is not shown what this image was compared with.";
const UNREACHABLE = "The server cannot be reached, so there is no good image to show yet.";

export class Blink {
  /** @param {Surroundings} around */
  constructor(around) {
    this.around = around;
    this.isHeld = false;
    /** @type {{key: string, found: Promise<Found>} | null} of the image that is open */
    this.asked = null;
    this.sign = create("div", { class: "tb-blink-sign", role: "status", hidden: true });
    around.renderer.stage.append(this.sign);
  }

  /** Whether the other image is on the screen. */
  get isShown() {
    return this.around.renderer.instead !== null;
  }

  /** @param {boolean} isHeld */
  async hold(isHeld) {
    this.isHeld = isHeld;
    if (!isHeld) return this.#show(null, "");
    const session = this.around.session();
    if (!session?.isReady) return undefined;
    if (session.isBlind) return this.around.say(BLIND);
    const { picture, sentence } = await this.#find(session.imageId);
    if (session !== this.around.session()) return undefined;
    if (!picture) return this.around.say(sentence);
    return this.isHeld ? this.#show(picture, sentence) : undefined;
  }

  /** Another image is opened. */
  forget() {
    this.isHeld = false;
    this.asked = null;
    this.#show(null, "");
  }

  /** @param {number} imageId @returns {Promise<Found>} asked once for each image and version, again after a failure */
  #find(imageId) {
    const version = this.around.version();
    const key = `${imageId} ${version}`;
    if (this.asked?.key !== key) this.asked = { key, found: this.#ask(imageId, version) };
    return this.asked.found;
  }

  /** @param {number} imageId @param {number | string} version @returns {Promise<Found>} */
  async #ask(imageId, version) {
    try {
      const { image_id: goodId, sentence } = await getNearestGood(imageId, version);
      return { picture: goodId === null ? null : await this.around.pictures.aside(goodId), sentence };
    } catch (error) {
      this.asked = null;
      return { picture: null, sentence: error instanceof TypeError ? UNREACHABLE : error.message };
    }
  }

  /** @param {Picture | null} picture @param {string} sentence */
  #show(picture, sentence) {
    this.sign.textContent = sentence;
    this.sign.hidden = !picture;
    this.around.renderer.showInstead(picture);
  }
}
