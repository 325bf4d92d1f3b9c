// @ts-check
/** Drafts to begin with: what lies under a click or a rough stroke, what the model sees, and the painting of another image. */

import { getModelDrafts, getSimilarDraft, postStroke, RefusedError } from "./api.js";
import { Draft } from "./draft.js";
import { keyInText } from "./key_entries.js";
import { toImage, toStage } from "./view.js";

/** @typedef {import("./draft.js").Offer & {method?: keyof typeof METHODS, basis?: string, isOfBefore?: boolean}} Offer  `basis`: what else it rests on */
/** @typedef {import("./draft.js").Surroundings & {layer: () => string, say: (message: string) => void}} Surroundings */

const SVG = "http://www.w3.org/2000/svg";
const METHODS = { both: "by looks and edges", brush: "by what it looks like", watershed: "by its edges" };
const UNREACHABLE = "The server cannot be reached, and drafts are made there. Paint by hand, or try again.";

export class Assist {
  /** @param {Surroundings} around */
  constructor(around) {
    this.around = around;
    this.draft = new Draft(around);
    /** @type {[number, number][]} the stroke being drawn, in image pixels */
    this.points = [];
    /** @type {{image_id: number, layers: {defect_type: string, runs: number[]}[], width: number, height: number} | null} */
    this.before = null;
    this.asked = 0;
    /** @type {Offer[]} what the methods make of the same stroke, the one shown in front */
    this.offers = [];
    this.line = document.createElementNS(SVG, "polyline");
    this.overlay = document.createElementNS(SVG, "svg");
    this.overlay.setAttribute("class", "tb-layer tb-stroke-line");
    this.overlay.append(this.line);
    around.stage.append(this.overlay);
  }

  get isOpen() {
    return this.draft.isOpen;
  }

  /** @param {number} x @param {number} y of the stage */
  begin(x, y) {
    this.abandon();
    this.points = [toImage(this.around.view(), x, y)];
    this.draw();
  }

  /** @param {number} x @param {number} y of the stage */
  extend(x, y) {
    if (!this.points.length) return;
    this.points.push(toImage(this.around.view(), x, y));
    this.draw();
  }

  /** The stroke is whole: ask what it means. */
  async end() {
    const session = this.around.session();
    const drawn = this.points;
    if (!session || !drawn.length) return;
    await this.#ask(async () => {
      const { offers, uses_model: usesModel } = await postStroke(session.imageId, thinned(drawn), session.isBlind);
      if (usesModel) session.wasHeatmapShown = true; // its outline tells where the model looks
      const model = usesModel ? ", with the model's heatmap" : ", without a model";
      return offers.map((/** @type {Offer} */ offer) => ({ ...offer, basis: offer.method === "watershed" ? "" : model }));
    });
    if (this.points === drawn) this.points = [];
    this.draw();
  }

  /** What the model sees, at its limit. @returns {Promise<void>} */
  async fromModel() {
    const session = this.around.session();
    if (!session) return;
    if (session.isBlind) return this.around.say("This is a second look, without the model. Paint by hand.");
    session.wasHeatmapShown = true; // its contour tells as much
    await this.#ask(async () => [await getModelDrafts(session.imageId)]);
  }

  /** What was painted with this defect type on the image before; asked again, or where there is none, on the most similar one. */
  async copy() {
    const session = this.around.session();
    if (!session?.painting) return;
    const key = keyInText("copy-draft");
    const layer = this.#layerBefore(session.painting);
    if (layer && !(this.isOpen && this.offers[0]?.isOfBefore)) {
      this.abandon();
      this.offers = [{ drafts: [layer.runs], proposed: 0, isOfBefore: true, basis: `Painted on the image before; ${key} takes the most similar image. ` }];
      return this.#show();
    }
    await this.#ask(async () => {
      const { name, ...drafts } = await getSimilarDraft(session.imageId, this.around.layer());
      return [{ ...drafts, basis: `Painted on ${name}, which looks most like this one${layer ? `; ${key} takes the image before` : ""}. ` }];
    });
  }

  /** @param {{width: number, height: number}} painting of this image */
  #layerBefore({ width, height }) {
    const { before } = this;
    if (before?.width !== width || before.height !== height) return undefined;
    return before.layers.find((one) => one.defect_type === this.around.layer());
  }

  /** Keep what is painted, for the next image. @param {import("./session.js").Session | null} session */
  leave(session) {
    this.abandon();
    const { painting } = session ?? {};
    const layers = painting && !session?.isBlind ? painting.content().layers.filter((layer) => layer.runs.length) : [];
    if (painting && session && layers.length) this.before = { image_id: session.imageId, layers, width: painting.width, height: painting.height };
  }

  /** Show what the next method makes of the same stroke. @returns {boolean} whether there is one */
  switchMethod() {
    if (!this.isOpen || this.offers.length < 2) return false;
    const shown = /** @type {Offer} */ (this.offers.shift());
    this.offers.push({ ...shown, proposed: this.draft.at, shift: this.draft.shift }); // as it was left
    this.#show();
    return true;
  }

  take() {
    this.draft.take();
  }

  abandon() {
    this.asked += 1; // an answer that is still to come is not wanted any more
    this.points = [];
    this.offers = [];
    this.draft.abandon();
    this.draw();
  }

  /** Also after the view has changed. */
  draw() {
    const view = this.around.view();
    this.line.setAttribute("points", this.points.map(([x, y]) => toStage(view, x, y).join(",")).join(" "));
    this.draft.draw();
  }

  /** The first offer, and how to go on from it. */
  #show() {
    const [first, other] = this.offers;
    this.draft.open(first);
    const basis = first.basis ?? "";
    const drafted = first.method && other?.method ? `Drafted ${METHODS[first.method]}${basis}; ${keyInText("assist")} drafts it ${METHODS[other.method]}. ` : basis;
    this.around.say(drafted + howToGoOn());
  }

  /** @param {() => Promise<Offer[]>} ask */
  async #ask(ask) {
    this.asked += 1;
    const own = this.asked;
    try {
      const offers = await ask();
      if (own !== this.asked) return;
      this.offers = offers;
      this.#show();
    } catch (error) {
      if (own !== this.asked) return;
      this.around.say(error instanceof RefusedError ? error.message : UNREACHABLE);
    }
  }
}

/** With the keys of this person. */
const howToGoOn = () =>
  `${keyInText("done")} takes it, ${keyInText("cancel")} gives it up. Arrows move it, ${keyInText("smaller")} and ${keyInText("larger")} make it smaller or larger.`;

/** No two points in one pixel, and no more than a request may hold. @param {[number, number][]} points */
function thinned(points) {
  const apart = points.filter(([x, y], at) => at === 0 || Math.floor(x) !== Math.floor(points[at - 1][0]) || Math.floor(y) !== Math.floor(points[at - 1][1]));
  const every = Math.ceil(apart.length / 4000);
  return apart.filter((_point, at) => at % every === 0 || at === apart.length - 1);
}
