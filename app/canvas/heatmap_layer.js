// @ts-check
/** The heatmap over the image, and the line where it reaches the limit. */

/** @typedef {import("./mask_canvas.js").CanvasValue} CanvasValue */

export class HeatmapLayer {
  /** @param {import("./renderer.js").Renderer} renderer @param {HTMLElement} root carries data-heatmap */
  constructor(renderer, root) {
    this.renderer = renderer;
    this.root = root;
    this.opacity = 0.5;
    this.wanted = "";
  }

  /** Whether a person can see it now (or could, by letting go of a key). */
  get isShown() {
    return Boolean(this.renderer.heatmap) && !this.renderer.heatmapCanvas.hidden && this.opacity > 0;
  }

  /**
   * @param {import("./session.js").Session | null} session @param {CanvasValue} value
   * @returns {Promise<boolean>} false when something else is wanted by now
   */
  async load(session, value) {
    const version = value.heatmap_version ?? null;
    const wanted = (this.wanted = JSON.stringify([session?.imageId, version, value.contour, value.refresh]));
    const [heatmap, contours] = session && version !== null
      ? await Promise.all([session.heatmap(version), value.contour ? session.contours(version) : []])
      : [null, []];
    if (wanted !== this.wanted || session?.isClosed) return false;
    Object.assign(this.renderer, { heatmap, contours });
    this.root.dataset.heatmap = heatmap ? "shown" : "none";
    this.renderer.redraw();
    return true;
  }

  /** @param {number} opacity */
  setOpacity(opacity) {
    this.opacity = opacity;
    this.renderer.heatmapCanvas.style.opacity = String(opacity);
  }

  /** @param {boolean} isVisible as the page wants it */
  setVisible(isVisible) {
    for (const canvas of this.#canvases) canvas.toggleAttribute("hidden", !isVisible);
  }

  /** @param {boolean} isHeld the key that hides it */
  hold(isHeld) {
    for (const canvas of this.#canvases) canvas.classList.toggle("is-hidden", isHeld);
  }

  get #canvases() {
    return [this.renderer.heatmapCanvas, this.renderer.contourCanvas];
  }
}
