// @ts-check
/** The painter of one page: connects the open image, the stage, the frame around it and the keys. */

import { Assist } from "./assist.js";
import { Blink } from "./blink.js";
import { Brush } from "./brush.js";
import { compareVersions } from "./compare_sheet.js";
import { DisplayLook } from "./display_look.js";
import { isShown } from "./dom.js";
import { HeatmapLayer } from "./heatmap_layer.js";
import { Judging } from "./judging.js";
import { showKeys } from "./keys.js";
import { LayerChoice } from "./layer_choice.js";
import { LearntPatches } from "./learnt_patches.js";
import * as preferences from "./preferences.js";
import { Renderer } from "./renderer.js";
import { fetchPaintingAhead, Session } from "./session.js";
import { Shapes } from "./shapes.js";
import { StagePointer } from "./stage_pointer.js";
import { facts, saveStatus, savedEvent } from "./status_text.js";
import { Strokes } from "./strokes.js";
import { Toolbar } from "./toolbar.js";
import { Unfinished } from "./unfinished.js";
import { pan, zoomAt } from "./view.js";

/** @typedef {import("./mask_canvas.js").CanvasValue} CanvasValue */
/** @typedef {import("./session.js").Shared} Shared */

const PAUSE_MS = 800; // after the last save, before what the painting would change is asked for

const ANSWERED_MS = 3000; // a server that has not answered by then does not

export class Painter {
  /** @param {HTMLElement} root @param {Shared} shared @param {(name: string, data: any) => void} trigger */
  constructor(root, shared, trigger) {
    this.root = root;
    this.shared = shared;
    this.outbox = shared.outbox;
    this.pictures = shared.pictures;
    this.trigger = trigger;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.pauseTimer = undefined;
    this.likes = preferences.load();
    this.layers = new LayerChoice();
    /** @type {Session | null} */
    this.session = null;
    /** @type {CanvasValue} */
    this.value = {};
    /** @type {{imageId: number, until: number} | null} the image that was left before the server was asked */
    this.left = null;
    /** @type {(() => void)[]} strokes made before the size of the image was known */
    this.early = [];
    this.toolbar = new Toolbar(root, (name, value) => this.press(name, value), this.likes);
    this.stage = this.toolbar.stage;
    this.renderer = new Renderer(this.stage);
    this.heatmap = new HeatmapLayer(this.renderer, root);
    const places = { bar: this.toolbar.top, frame: this.toolbar.stageFrame };
    this.display = new DisplayLook(this.renderer.pictureCanvas, places, this.likes.look, (look) => this.#like({ look }));
    const slider = /** @type {HTMLInputElement} */ (this.toolbar.size.querySelector("input"));
    this.brush = new Brush(this.stage, this.likes.size, slider, (size) => this.#like({ size }));
    const around = {
      stage: this.stage, view: () => this.renderer.view, session: () => this.session, layer: () => this.layers.layer,
      paint: (/** @type {boolean} */ isErasing, /** @type {import("./painting.js").Fill} */ fill) => this.strokes.cover(isErasing, fill),
      say: (/** @type {string} */ message) => this.toolbar.say(this.unfinished.told(message)),
    };
    this.shapes = new Shapes(around);
    this.assist = new Assist(around);
    this.unfinished = new Unfinished({ ...around, shapes: this.shapes, assist: this.assist });
    this.strokes = new Strokes({
      ...around, brush: this.brush, layers: this.layers, shapes: this.shapes, assist: this.assist, renderer: this.renderer,
      mayPaint: () => this.#canPaint, isCovered: () => this.blink.isShown, coloursChanged: () => this.#recolour(),
    });
    this.patches = new LearntPatches({ ...around, colours: () => this.layers.colours });
    this.renderer.onView = (view) => {
      this.brush.zoomed(view.scale);
      this.shapes.draw();
      this.assist.draw();
      this.patches.draw();
    };
    this.blink = new Blink({
      renderer: this.renderer, pictures: this.pictures, session: () => this.session,
      version: () => this.value.heatmap_version ?? "in_use", say: (message) => this.toolbar.say(message),
    });
    this.judging = new Judging(this.#surroundings());
    this.#listen();
    this.#like({});
    this.refresh();
  }

  /** @returns {import("./judging.js").Surroundings} */
  #surroundings() {
    return {
      session: () => this.session,
      author: () => this.value.author ?? "",
      shownBecause: () => this.value.shown_because ?? "queue",
      trigger: (name, data) => this.trigger(name, data),
      notice: (message, button) => this.toolbar.say(this.unfinished.told(message), button),
      clear: () => {
        this.unfinished.finish();
        this.renderer.redrawBox(this.session?.clear() ?? null);
      },
      goOn: () => this.#goOn(),
    };
  }

  /** Open the image that comes next before the server is asked; its answer fills in the rest. @returns {number | null} */
  #goOn() {
    const { at_once: next, image_id: from } = this.value;
    if (!next || from !== this.session?.imageId) return null; // the server has not answered for this image yet
    this.left = { imageId: from, until: performance.now() + ANSWERED_MS };
    this.apply({ ...this.value, ...next, at_once: null });
    this.setTypes(next.defect_types);
    return next.image_id;
  }

  #listen() {
    const now = (/** @type {() => void} */ act) => (this.session?.painting ? act() : this.session && this.early.push(act));
    this.pointer = new StagePointer(this.stage, {
      begin: (x, y, isErasing) => now(() => this.strokes.begin(x, y, isErasing)),
      extend: (points) => now(() => points.forEach(([x, y]) => this.strokes.extend(x, y))),
      end: () => now(() => this.strokes.end()),
      cancel: () => now(() => this.strokes.cancel()),
      twice: () => now(() => this.strokes.twice()),
      pan: (dx, dy) => this.#look((view, image, stage) => pan(view, dx, dy, image, stage)),
      zoom: (x, y, factor) => this.#look((view, image, stage) => zoomAt(view, x, y, factor, image, stage)),
      resize: (way) => this.press(way > 0 ? "larger" : "smaller"),
      hover: (point) => {
        this.brush.cursor.move(point);
        this.shapes.hover(point);
      },
    });
    new ResizeObserver(() => isShown(this.root) || this.unfinished.finish()).observe(this.root); // another page of the app
    for (const leaving of ["beforeunload", "pagehide"]) addEventListener(leaving, () => this.unfinished.finish(), true); // before the outbox looks
    document.addEventListener("twinbank:action", (event) => {
      if (isShown(this.root)) this.act(/** @type {CustomEvent} */ (event).detail);
    });
    this.outbox.addEventListener("state", () => this.showStatus());
    this.outbox.addEventListener("saved", (event) => this.#saved(/** @type {CustomEvent} */ (event).detail));
    this.outbox.addEventListener("merged", (event) => {
      const merged = /** @type {CustomEvent} */ (event).detail;
      if (this.session && merged.item.image_id === this.session.imageId) this.renderer.redrawBox(this.session.takeMerged(merged));
      this.#recolour();
    });
  }

  /** @param {(view: any, image: any, stage: any) => import("./view.js").View} change */
  #look(change) {
    if (!this.session?.painting) return;
    this.renderer.setView(change(this.renderer.view, this.renderer.image, this.renderer.size));
  }

  /** @param {import("./keys.js").Action} action */
  act({ action, phase }) {
    if (action === "hide-mask") return this.renderer.maskCanvas.classList.toggle("is-hidden", phase === "hold");
    if (action === "hide-heatmap") return this.heatmap.hold(phase === "hold");
    if (action === "blink") return this.blink.hold(phase === "hold");
    if (action !== "keys") this.press(action);
    return undefined;
  }

  /** A key or a button. @param {string} name @param {any} [value] */
  press(name, value) {
    const { session } = this;
    if (this.unfinished.press(name)) return this.refresh();
    if (!this.judging?.act(name)) this.#react(name, value);
    const note = this.unfinished.told();
    if (note && session === this.session && !this.judging.isMoving) this.toolbar.say(note);
  }

  /** @param {string} name @param {any} value */
  #react(name, value) {
    if (name.startsWith("type-")) value = this.layers.nameOf(Number(name.slice(5)));
    const pressed = name.startsWith("type-") ? "layer" : name;
    const reactions = {
      brush: () => this.brush.use("brush"), eraser: () => this.brush.use("eraser"),
      polygon: () => this.brush.use("polygon"), "polygon-cut": () => this.brush.use("polygon-cut"), fill: () => this.brush.use("fill"),
      assist: () => this.brush.use("assist"), "model-draft": () => this.#canPaint && this.assist.fromModel(),
      "copy-draft": () => this.#canPaint && this.assist.copy(),
      smaller: () => this.brush.step(-1), larger: () => this.brush.step(1), size: () => this.brush.slideTo(value),
      undo: () => this.renderer.redrawBox(this.session?.step("undo") ?? null),
      redo: () => this.renderer.redrawBox(this.session?.step("redo") ?? null),
      clear: () => this.renderer.redrawBox(this.session?.clear() ?? null),
      grow: () => this.#canPaint && this.strokes.reshape("grow"), shrink: () => this.#canPaint && this.strokes.reshape("shrink"), smooth: () => this.#canPaint && this.strokes.reshape("smooth"),
      fit: () => this.renderer.fitToStage(), patches: () => this.#like({ patches: !this.likes.patches }),
      mask: () => this.#like({ mask: value }), heatmap: () => this.#like({ heatmap: value }),
      layer: () => value !== undefined && this.#paintOn(value), ignore: () => this.#paintOn(""),
      "new-type": () => this.#addType(value),
      keys: showKeys, refresh: () => undefined,
      discard: () => this.outbox.discardAll().then(() => this.session && this.open(this.session.imageId)),
    };
    if (Object.hasOwn(reactions, pressed)) reactions[/** @type {keyof typeof reactions} */ (pressed)]();
    this.refresh();
  }

  get #canPaint() {
    return Boolean(this.session?.painting) && !this.value.read_only;
  }

  /** @param {string} layer "" is the one to ignore */
  #paintOn(layer) {
    this.layers.choose(layer);
    if (this.brush.tool === "eraser" || this.brush.tool === "polygon-cut") this.brush.use("brush");
  }

  /** @param {Partial<preferences.Preferences>} changed */
  #like(changed) {
    Object.assign(this.likes, changed);
    preferences.save(this.likes);
    this.renderer.maskCanvas.style.opacity = String(this.likes.mask);
    this.heatmap.setOpacity(this.likes.heatmap);
    this.#showPatches();
    this.#noteHeatmap();
  }

  /** Only where something can be painted. */
  #showPatches() {
    const isWanted = this.likes.patches && !this.value.read_only;
    if (isWanted !== this.patches.isOn) this.patches.show(isWanted);
  }

  /** A verdict tells whether the heatmap could be seen at any time before it. */
  #noteHeatmap() {
    if (this.session && this.heatmap.isShown) this.session.wasHeatmapShown = true;
  }

  /** @param {string} name */
  async #addType(name) {
    try {
      await this.layers.add(name, this.value.author ?? "");
    } catch (error) {
      return this.toolbar.say(error.message);
    }
    this.#recolour();
    this.refresh();
    return this.trigger("defect_type_added", { name });
  }

  /** What the server says. @param {CanvasValue} value */
  answer(value) {
    const isOld = value.image_id === this.left?.imageId && performance.now() < (this.left?.until ?? 0);
    if (isOld) return; // asked for before this person went on
    this.left = null;
    this.apply(value);
    this.judging.answered();
    if (value.at_once) fetchPaintingAhead(value.at_once.image_id);
  }

  /** @param {CanvasValue} value */
  apply(value) {
    const before = this.value;
    const isOther = value.image_id !== this.session?.imageId || value.refresh !== before.refresh || value.blind !== before.blind;
    if (isOther || value.read_only) this.unfinished.finish(); // as long as it may be painted
    this.value = value;
    this.judging.arrived();
    this.root.toggleAttribute("data-read-only", Boolean(value.read_only));
    this.root.toggleAttribute("data-without-actions", value.actions === false);
    this.heatmap.setVisible(value.heatmap_visible !== false);
    this.#showPatches();
    if (value.author && value.author !== before.author) this.outbox.retryNow();
    if (isOther) this.open(value.image_id ?? null);
    else if (value.heatmap_version !== before.heatmap_version || value.contour !== before.contour) this.#loadHeatmap();
    this.#noteHeatmap();
    this.#recolour();
    this.refresh();
  }

  /** @param {import("./layer_choice.js").GivenTypes} [types] */
  setTypes(types = []) {
    this.layers.set(types);
    this.#recolour();
    this.refresh();
  }

  /** @param {number | null} imageId null: none */
  open(imageId) {
    this.assist.leave(this.session);
    this.session?.close();
    this.early = [];
    this.shapes.abandon();
    this.blink.forget();
    this.patches.forget();
    this.root.dataset.ready = "false";
    this.root.dataset.imageId = String(imageId ?? "");
    this.renderer.forget({ width: 1, height: 1 });
    this.session = imageId === null ? null : new Session(imageId, this.shared, Boolean(this.value.blind));
    if (this.session) this.#follow(this.session);
    this.session?.open();
    this.refresh();
  }

  /** @param {Session} session */
  #follow(session) {
    const on = (/** @type {string} */ name, /** @type {(detail: any) => void} */ react) =>
      session.addEventListener(name, (event) => session === this.session && react(/** @type {CustomEvent} */ (event).detail));
    on("painting", () => this.#paintingArrived(session));
    on("picture", () => this.#arrived());
    on("changed", () => {
      this.judging.changed();
      this.patches.ask();
      this.refresh();
    });
    on("failed", ({ message }) => this.toolbar.say(message));
    on("restored", () => this.toolbar.say("Strokes that had not been saved were restored, and are being saved now."));
    on("merged", (versions) => this.#showBoth(session, versions));
  }

  /** @param {Session} session @param {{author: string | null, mine: any, theirs: any}} versions */
  #showBoth(session, { author, mine, theirs }) {
    const other = author || "Somebody else";
    const compare = () => {
      const together = session.painting?.content();
      if (!together || session !== this.session) return;
      const paintings = { theirs, mine, together };
      compareVersions(other, paintings, { size: session.painting, picture: session.picture, colours: this.layers.colours }, (content) =>
        this.renderer.redrawBox(session.replaceWith(content)));
    };
    this.toolbar.say(`${other} painted this image meanwhile. Both paintings were kept together.`, { text: "Compare", press: compare }, true);
  }

  /** @param {Session} session */
  #paintingArrived(session) {
    this.renderer.forget(/** @type {import("./painting.js").Painting} */ (session.painting));
    this.renderer.painting = session.painting;
    for (const act of this.early.splice(0)) act();
    this.#loadHeatmap();
    this.#arrived();
    this.patches.ask();
    this.refresh();
  }

  /** The painting or the picture has come; each is shown as soon as it can be placed. */
  #arrived() {
    if (!this.session?.painting) return;
    this.renderer.picture = this.session.picture;
    this.#recolour();
    const session = this.session;
    const ready = () => {
      if (session !== this.session) return;
      this.root.dataset.ready = "true";
      this.trigger("opened", { image_id: session.imageId });
      this.pictures.fetchAhead(this.value.prefetch ?? []);
    };
    if (session.isReady) requestAnimationFrame(() => requestAnimationFrame(ready)); // after it has been drawn
  }

  async #loadHeatmap() {
    if (!(await this.heatmap.load(this.session, this.value))) return;
    this.#noteHeatmap();
    this.refresh();
  }

  /** @param {{item: import("./outbox.js").Item, answer: any}} saved */
  #saved({ item, answer }) {
    const session = this.session?.imageId === item.image_id ? this.session : null;
    if (session && item.kind !== "painting") this.patches.ask(); // a verdict decides whether anything is learnt
    if (item.kind !== "painting") return;
    if (session) {
      session.revision = answer.revision;
      session.savedAt = answer.saved_at;
    }
    this.showStatus();
    if (!isShown(this.root)) return;
    this.trigger("saved", savedEvent(item, answer));
    clearTimeout(this.pauseTimer);
    this.pauseTimer = setTimeout(() => this.#paused(item.image_id), PAUSE_MS);
  }

  /** @param {number} imageId */
  #paused(imageId) {
    if (this.session?.imageId !== imageId || !isShown(this.root)) return;
    if (this.outbox.waitingPainting(imageId)) return; // its own save starts the pause anew
    this.trigger("paused", { image_id: imageId });
  }

  #recolour() {
    this.renderer.setColours(this.layers.colours);
  }

  showStatus() {
    const [kind, text] = saveStatus(this.outbox.state, this.session, Boolean(this.value.author));
    this.toolbar.showStatus(kind, text);
    this.root.dataset.revision = String(this.session?.revision ?? 0);
  }

  refresh() {
    const painting = this.session?.painting ?? null;
    const painted = painting?.defectTypes ?? [];
    this.toolbar.show({
      tool: this.brush.tool, size: this.brush.size, types: this.layers.types, layer: this.layers.chosen, painted,
      canUndo: Boolean(this.session?.history.past.length), canRedo: Boolean(this.session?.history.future.length),
      canClear: Boolean(painting && [...painting.layers.values()].some((layer) => layer.count)),
      verdict: this.session?.verdict ?? null, complete: this.session?.complete ?? false,
      hasHeatmap: Boolean(this.renderer.heatmap), hasPatches: this.patches.isOn,
    });
    this.toolbar.facts.textContent = facts(this.session);
    this.showStatus();
  }

  /** Where a point of the image is in the window. @param {number} x @param {number} y */
  toWindow(x, y) {
    return this.renderer.toWindow(x, y);
  }
}
