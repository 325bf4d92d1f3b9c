// @ts-check
/** The grid inside a Gradio HTML component: asks the server for cards, posts verdicts. See image_grid.py. */

import { getCards, postVerdicts, takeBack } from "./api.js";
import { create, loadStyle } from "./dom.js";
import { Grid } from "./grid.js";
import { openPage } from "./page_address.js";

/**
 * @typedef {object} GridValue
 * @property {string | Record<string, any>} [query]
 * @property {string} [author]
 * @property {string} [shown_because]
 * @property {number[]} [selected]
 * @property {number} [refresh]
 * @property {boolean} [in_address]
 */

/** @typedef {import("./mask_canvas.js").Host} Host */

const RETRY_MS = 2000;
const FIRST_CARDS = 200; // shown before the rest of a long list is there
const MORE_CARDS = 5000; // asked for at a time
const WORDS = /** @type {Record<string, string>} */ ({ good: "good", defect: "defect", unsure: "unsure" });

/** @param {GridValue["query"]} query @returns {string} without a question mark */
export function queryText(query) {
  if (typeof query === "string") return query.replace(/^\?/, "");
  const given = Object.entries(query ?? {}).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
}

class ImageGrid {
  /** @param {HTMLElement} root @param {Host} host */
  constructor(root, { props, trigger }) {
    this.root = root;
    this.props = props;
    this.trigger = trigger;
    /** @type {number[][]} the entries that taking verdicts back needs, newest last */
    this.undoable = [];
    this.posted = 0; // verdicts the server has taken
    this.touched = false; // a person has selected since the cards were asked for
    this.grid = new Grid(root, {
      open: (imageId) => trigger("open", { image_id: imageId }),
      selected: (imageIds) => {
        this.touched = true;
        trigger("selected", { image_ids: imageIds });
      },
      act: (action) => (action === "undo" ? this.undo() : this.judge(action)),
    });
  }

  /** @returns {GridValue} */
  get value() {
    const value = this.props.value;
    return typeof value === "string" ? JSON.parse(value || "{}") : (value ?? {});
  }

  async load() {
    const asked = (this.asked = JSON.stringify([queryText(this.value.query), this.value.refresh]));
    this.root.dataset.ready = "false";
    this.touched = false;
    const first = await this.#cards(asked, FIRST_CARDS);
    if (!first) return;
    const { images, total } = first;
    this.grid.tell("");
    this.grid.show(images, this.value.selected ?? [], total);
    for (let isMore = images.length < total; isMore; ) {
      const next = await this.#cards(asked, MORE_CARDS, this.grid.cards[this.grid.cards.length - 1].id);
      if (!next) return;
      isMore = next.images.length === MORE_CARDS;
      const cards = [...this.grid.cards, ...next.images];
      const chosen = this.touched ? this.grid.chosenIds : (this.value.selected ?? []);
      this.grid.show(cards, chosen, isMore ? Math.max(total, cards.length) : cards.length);
    }
    this.root.dataset.ready = "true";
  }

  /**
   * Ask until the server answers, and anew where a verdict was given meanwhile.
   * @param {string} asked @param {number} limit @param {number} [after] the card behind which they begin @returns {Promise<any>} null: other cards are wanted by now
   */
  async #cards(asked, limit, after) {
    for (;;) {
      const posted = this.posted;
      const answer = await getCards(queryText(this.value.query), limit, after).catch((error) => error);
      if (asked !== this.asked) return null;
      if (!(answer instanceof Error)) {
        if (posted === this.posted) return answer;
        continue;
      }
      this.grid.tell(answer instanceof TypeError ? "The server cannot be reached – retrying." : answer.message);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      if (asked !== this.asked) return null;
    }
  }

  /** Name the query in the address while this page is the open one. */
  #inAddress() {
    if (!this.value.in_address) return;
    if (openPage() === "browse") history.replaceState(null, "", `?${["open=browse", queryText(this.value.query)].filter(Boolean).join("&")}`);
  }

  apply() {
    this.#inAddress();
    const wanted = JSON.stringify([queryText(this.value.query), this.value.refresh]);
    return wanted === this.asked ? undefined : this.load();
  }

  /** @param {string} verdict */
  async judge(verdict) {
    const cards = this.grid.selection.targets().map((at) => this.grid.cards[at]);
    if (!cards.length) return undefined;
    const ids = cards.map((card) => card.id);
    const body = { image_ids: ids, verdict, shown_because: this.value.shown_because ?? "browse", heatmap_visible: false };
    const answer = await this.#send((author) => postVerdicts(author, body));
    if (!answer) return undefined;
    this.#took(new Map(ids.map((id) => [id, verdict])), answer.changed);
    const word = WORDS[verdict];
    const same = ids.length - answer.changed;
    if (!answer.changed) return this.grid.tell(`${counted(same)} ${same === 1 ? "was" : "were"} marked ${word} already.`);
    this.undoable.push(answer.verdict_ids);
    const painted = verdict === "good" ? cards.filter((card) => card.painted).length : 0;
    const unlearnt = painted ? ` ${counted(painted)} ${painted === 1 ? "is" : "are"} painted: nothing is learnt there while both stand.` : "";
    const already = same ? `, ${same.toLocaleString("en")} ${same === 1 ? "was" : "were"} already` : "";
    this.grid.tell(`${counted(answer.changed)} marked ${word}${already}.${unlearnt}`, { text: "Undo", press: () => this.undo() });
    return undefined;
  }

  /** Take the last verdicts back, however many images they were on. */
  async undo() {
    const verdictIds = this.undoable.pop();
    if (!verdictIds) return;
    const answer = await this.#send((author) => takeBack(author, verdictIds));
    if (!answer) return void this.undoable.push(verdictIds);
    const verdicts = new Map(Object.entries(answer.verdicts).map(([id, verdict]) => [Number(id), verdict]));
    this.#took(verdicts, verdicts.size);
    const kept = answer.kept ? ` ${counted(answer.kept)} judged by somebody since keep that verdict.` : "";
    this.grid.tell(`Taken back: ${counted(verdicts.size)}.${kept}`);
  }

  /** @param {(author: string) => Promise<any>} post @returns {Promise<any>} the answer; null: the server has not got it */
  async #send(post) {
    const { author } = this.value;
    if (!author) {
      this.trigger("name_needed", {});
      this.grid.tell("Type your name first: every verdict carries one.");
      return null;
    }
    const answer = await post(author).catch((error) => error);
    if (!(answer instanceof Error)) return answer;
    this.grid.tell(answer instanceof TypeError ? "Not saved: the server cannot be reached. Try again." : answer.message);
    return null;
  }

  /** @param {Map<number, string | null>} verdicts by image id, as they are now @param {number} changed */
  #took(verdicts, changed) {
    this.posted++;
    for (const card of this.grid.cards) if (verdicts.has(card.id)) card.verdict = verdicts.get(card.id) ?? null;
    this.grid.refresh();
    for (const verdict of new Set(verdicts.values())) {
      const ids = [...verdicts.keys()].filter((id) => verdicts.get(id) === verdict);
      this.trigger("judged", { image_ids: ids, verdict, changed: Math.min(changed, ids.length) });
    }
  }
}

/** @param {number} images */
const counted = (images) => `${images.toLocaleString("en")} ${images === 1 ? "image" : "images"}`;

/** @param {HTMLElement} element @param {Host} host @returns {Promise<ImageGrid>} */
export async function mount(element, host) {
  await Promise.all([loadStyle("controls.css"), loadStyle("image_grid.css")]);
  const root = create("div", { class: "tb-root tb-grid", "data-ready": "false" });
  element.replaceChildren(root);
  const grid = new ImageGrid(root, host);
  host.watch("value", () => grid.apply());
  await grid.apply();
  return grid;
}
