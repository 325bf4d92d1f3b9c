// @ts-check
/**
 * Mouse, pen and fingers on the stage: strokes, panning (Space, middle button, two fingers) and zooming (wheel, two
 * fingers). Positions are CSS pixels of the stage. A second finger takes back the stroke that the first one began.
 * The right button, Ctrl or the other end of a pen erases. A stroke belongs to the pointer that began it. Where a pen was seen, it alone
 * paints and a finger moves the image; a hand that rests on the screen while the pen is near does nothing at all.
 */

import { isShown } from "./dom.js";
import { isSpaceTaken } from "./focus.js";

/**
 * @typedef {object} Reactions
 * @property {(x: number, y: number, isErasing: boolean) => void} begin  isErasing: whatever the tool is
 * @property {(points: [number, number][]) => void} extend
 * @property {() => void} end
 * @property {() => void} cancel
 * @property {() => void} twice  a double click, after both of its strokes
 * @property {(dx: number, dy: number) => void} pan
 * @property {(x: number, y: number, factor: number) => void} zoom
 * @property {(way: 1 | -1) => void} resize  the brush
 * @property {(point: [number, number] | null) => void} hover
 */

const WHEEL_STEP = 1.0016;
const LINE_HEIGHT = 20;
const PEN_PAUSE_MS = 1000; // after the pen was last near the screen, before fingers do something again
const RIGHT_BUTTON = 2;
const PEN_ERASER = 5;

export class StagePointer {
  /** @param {HTMLElement} stage @param {Reactions} react */
  constructor(stage, react) {
    this.stage = stage;
    this.react = react;
    /** @type {Map<number, [number, number]>} */
    this.fingers = new Map();
    /** @type {"idle" | "stroke" | "pan" | "pinch"} */
    this.mode = "idle";
    /** @type {number | null} the pointer that paints or pans */
    this.owner = null;
    this.isSpaceDown = false;
    this.hasPen = false;
    this.penUntil = 0;
    this.#listen();
  }

  #listen() {
    const on = (/** @type {string} */ name, /** @type {(event: any) => void} */ listener, options = {}) =>
      this.stage.addEventListener(name, listener, options);
    on("pointerdown", (event) => this.#down(event));
    on("pointermove", (event) => this.#move(event));
    on("pointerup", (event) => this.#up(event));
    on("pointercancel", (event) => this.#up(event));
    on("dblclick", (event) => !this.isSpaceDown && !event.ctrlKey && !event.metaKey && this.react.twice());
    on("pointerleave", () => this.react.hover(null));
    on("wheel", (event) => this.#wheel(event), { passive: false });
    on("contextmenu", (event) => event.preventDefault());
    on("mousedown", (event) => event.button === 1 && event.preventDefault()); // no scrolling by middle button
    // Wherever the focus is: a press on the page beside the stage must not turn the next drag into a stroke.
    document.addEventListener("keydown", (event) => this.#spaceDown(event), true);
    document.addEventListener("keyup", (event) => this.#spaceUp(event), true);
    addEventListener("blur", () => this.#setSpace(false));
  }

  /** @param {PointerEvent | WheelEvent} event @returns {[number, number]} */
  #at(event) {
    const frame = this.stage.getBoundingClientRect();
    return [event.clientX - frame.left, event.clientY - frame.top];
  }

  /** @param {PointerEvent} event */
  #down(event) {
    this.stage.focus({ preventScroll: true });
    this.#notePen(event);
    const isTouch = event.pointerType === "touch";
    if (isTouch && event.timeStamp < this.penUntil) return; // the hand that holds the pen
    if (event.pointerType === "pen") this.#dropFingers();
    if (![0, 1, RIGHT_BUTTON, PEN_ERASER].includes(event.button) || (this.mode !== "idle" && !(isTouch && this.fingers.size))) return;
    if (isTouch) this.fingers.set(event.pointerId, this.#at(event));
    this.stage.setPointerCapture(event.pointerId);
    event.preventDefault();
    if (this.fingers.size === 2) {
      if (this.mode === "stroke") this.react.cancel();
      this.#own("pinch", null);
    } else if (this.fingers.size > 2) {
      return;
    } else if (event.button === 1 || this.isSpaceDown || (isTouch && this.hasPen)) {
      this.#own("pan", event.pointerId);
      this.last = this.#at(event);
      this.stage.classList.add("is-panning");
    } else {
      this.#own("stroke", event.pointerId);
      const isErasing = event.button === RIGHT_BUTTON || event.button === PEN_ERASER || event.ctrlKey || event.metaKey;
      this.react.begin(...this.#at(event), isErasing);
    }
  }

  /** @param {StagePointer["mode"]} mode @param {number | null} owner */
  #own(mode, owner) {
    this.mode = mode;
    this.owner = owner;
    this.stage.classList.remove("is-panning");
  }

  /** The pen has come down: what a hand began meanwhile was no wish. */
  #dropFingers() {
    if (!this.fingers.size) return;
    if (this.mode === "stroke") this.react.cancel();
    this.fingers.clear();
    this.#own("idle", null);
  }

  /** @param {PointerEvent} event */
  #notePen(event) {
    if (event.pointerType !== "pen") return;
    this.hasPen = true;
    this.penUntil = event.timeStamp + PEN_PAUSE_MS;
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const here = this.#at(event);
    this.#notePen(event);
    const isFinger = this.fingers.has(event.pointerId);
    if (event.pointerType === "touch" && !isFinger) return;
    this.react.hover(isFinger ? null : here);
    if (this.mode === "pinch") this.#pinch(event.pointerId, here);
    if (isFinger) this.fingers.set(event.pointerId, here);
    if (this.mode === "pinch") return;
    if (event.pointerId !== this.owner) return;
    if (this.mode === "pan" && this.last) {
      this.react.pan(here[0] - this.last[0], here[1] - this.last[1]);
      this.last = here;
    } else if (this.mode === "stroke") {
      const events = event.getCoalescedEvents?.() ?? [];
      this.react.extend(events.length ? events.map((part) => this.#at(part)) : [here]);
    }
  }

  /** @param {number} pointerId @param {[number, number]} here */
  #pinch(pointerId, here) {
    const before = [...this.fingers.values()];
    if (!this.fingers.has(pointerId) || before.length !== 2) return;
    this.fingers.set(pointerId, here);
    const after = [...this.fingers.values()];
    const [oldMiddle, newMiddle] = [middle(before), middle(after)];
    this.react.pan(newMiddle[0] - oldMiddle[0], newMiddle[1] - oldMiddle[1]);
    const factor = spread(after) / Math.max(1, spread(before));
    this.react.zoom(newMiddle[0], newMiddle[1], factor);
  }

  /** @param {PointerEvent} event */
  #up(event) {
    this.#notePen(event);
    const wasFinger = this.fingers.delete(event.pointerId);
    if (event.pointerId === this.owner) {
      if (this.mode === "stroke") {
        if (event.type === "pointerup") this.react.extend([this.#at(event)]);
        this.react.end();
      }
      this.#own("idle", null);
    } else if (wasFinger && !this.fingers.size && this.mode === "pinch") this.#own("idle", null);
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    event.preventDefault();
    if (event.altKey) return this.react.resize(event.deltaY < 0 ? 1 : -1);
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * LINE_HEIGHT : event.deltaY;
    return this.react.zoom(...this.#at(event), WHEEL_STEP ** -Math.max(-400, Math.min(400, pixels)));
  }

  /** @param {KeyboardEvent} event */
  #spaceDown(event) {
    if (event.code !== "Space" || !isShown(this.stage) || isSpaceTaken(event)) return;
    event.preventDefault(); // it scrolls no page
    this.#setSpace(true);
  }

  /** @param {KeyboardEvent} event */
  #spaceUp(event) {
    if (event.code !== "Space" || !this.isSpaceDown) return;
    event.preventDefault(); // it presses no button that was clicked before
    this.#setSpace(false);
  }

  /** @param {boolean} isDown */
  #setSpace(isDown) {
    this.isSpaceDown = isDown;
    this.stage.classList.toggle("can-pan", isDown);
  }
}

/** @param {[number, number][]} points @returns {[number, number]} */
function middle([a, b]) {
  return [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
}

/** @param {[number, number][]} points */
function spread([a, b]) {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}
