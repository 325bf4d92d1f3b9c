// @ts-check
/**
 * Images ready to draw at any zoom: the picture itself and smaller copies, so that a frame never scales 12 Mpx down.
 * The last few and those fetched ahead stay decoded.
 */

import { imageAddress } from "./api.js";

/** @typedef {{levels: ImageBitmap[], width: number, height: number}} Picture */

const KEPT = 3;
const SMALLEST_SIDE = 512;
const RETRY_MS = 1500;

export class ImageMissingError extends Error {}

export class Pictures {
  constructor() {
    /** @type {Map<number, Promise<Picture>>} oldest use first */
    this.known = new Map();
  }

  /** @param {number} imageId @returns {Promise<Picture>} */
  get(imageId) {
    const picture = this.known.get(imageId) ?? loadForSure(imageAddress(imageId));
    picture.catch(() => this.known.delete(imageId));
    this.known.delete(imageId);
    this.known.set(imageId, picture);
    while (this.known.size > KEPT) this.#forgetOldest();
    return picture;
  }

  /** One to look at beside the open image; it takes no place among the kept. @param {number} imageId @returns {Promise<Picture>} */
  aside(imageId) {
    return this.known.get(imageId) ?? loadForSure(imageAddress(imageId));
  }

  /** @param {number[]} imageIds to have ready when they are opened */
  async fetchAhead(imageIds) {
    for (const imageId of imageIds.slice(0, KEPT - 1)) {
      if (!this.known.has(imageId)) await this.get(imageId).catch(() => undefined);
    }
  }

  #forgetOldest() {
    const [imageId] = this.known.keys();
    this.known.delete(imageId); // not closed: it may still be on the screen; the browser frees it
  }
}

/** @param {string} url @returns {Promise<Picture>} tried again while the server cannot be reached */
async function loadForSure(url) {
  for (;;) {
    try {
      return await load(url);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

/** @param {string} url @returns {Promise<Picture>} */
async function load(url) {
  const response = await fetch(url);
  if (!response.ok) throw new ImageMissingError(`The server has no such image (error ${response.status}).`);
  const full = await createImageBitmap(await response.blob()).catch(() => null);
  if (!full) throw new ImageMissingError("The browser cannot show this image.");
  const levels = [full];
  for (let last = full; Math.max(last.width, last.height) > SMALLEST_SIDE; last = levels[levels.length - 1]) {
    const size = { resizeWidth: Math.ceil(last.width / 2), resizeHeight: Math.ceil(last.height / 2) };
    levels.push(await createImageBitmap(last, { ...size, resizeQuality: "medium" }));
  }
  return { levels, width: full.width, height: full.height };
}
