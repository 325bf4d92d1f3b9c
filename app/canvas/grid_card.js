// @ts-check
/** One card of the grid: thumbnail, name, the person's verdict, the model's call, and two small marks. */

import { thumbnailAddress } from "./api.js";
import { create, icon } from "./dom.js";

/**
 * @typedef {object} Card
 * @property {number} id
 * @property {string} name
 * @property {string | null} verdict
 * @property {string | null} call
 * @property {number | null} score
 * @property {number | null} limit
 * @property {boolean} [taught]
 * @property {boolean} kept_for_testing
 * @property {boolean} painted
 * @property {string[]} [defect_types]
 */

const NAME_END = 14; // letters that are never cut off: a name's end tells parts apart, its beginning is often a folder

export class CardView {
  constructor() {
    this.picture = create("img", { alt: "", draggable: "false", decoding: "async" });
    this.picture.addEventListener("load", () => this.picture.classList.add("is-loaded"));
    this.name = create("span", { class: "tb-card-name" });
    this.verdict = create("span", { class: "tb-card-verdict" });
    this.call = create("span", { class: "tb-card-call" });
    this.painted = create("span", { class: "tb-card-mark", title: "painted" }, [icon("brush")]);
    this.kept = create("span", { class: "tb-card-mark", title: "kept for testing" }, [icon("flask")]);
    this.element = create("div", { class: "tb-card", role: "option" }, [
      create("div", { class: "tb-card-picture" }, [this.picture, create("div", { class: "tb-card-marks" }, [this.painted, this.kept])]),
      create("div", { class: "tb-card-text" }, [this.name, create("div", { class: "tb-card-facts" }, [this.verdict, this.call])]),
    ]);
    this.imageId = 0;
  }

  /** @param {Card} card @param {number} at @param {number} count */
  show(card, at, count) {
    if (this.imageId !== card.id) {
      this.picture.removeAttribute("src");
      this.picture.classList.remove("is-loaded");
    }
    this.imageId = card.id;
    this.element.id = `tb-card-${at}`;
    this.element.dataset.imageId = String(card.id);
    this.element.dataset.at = String(at);
    this.element.setAttribute("aria-posinset", String(at + 1));
    this.element.setAttribute("aria-setsize", String(count));
    this.element.setAttribute("aria-label", spoken(card));
    this.element.title = spoken(card);
    const end = Math.max(0, card.name.length - NAME_END);
    this.name.replaceChildren(create("span", { text: card.name.slice(0, end) }), create("span", { text: card.name.slice(end) }));
    this.verdict.textContent = card.verdict ?? "";
    this.verdict.dataset.verdict = card.verdict ?? "";
    this.call.textContent = card.call ? `${card.call} ${card.score?.toFixed(2) ?? ""}` : "";
    this.call.dataset.call = card.call ?? "";
    this.painted.hidden = !card.painted;
    this.kept.hidden = !card.kept_for_testing;
  }

  /** Only when scrolling rests: flying past a thousand cards must not ask for a thousand thumbnails. */
  loadPicture() {
    if (!this.picture.hasAttribute("src")) this.picture.src = thumbnailAddress(this.imageId);
  }

  /** @param {boolean} isChosen @param {boolean} isActive */
  mark(isChosen, isActive) {
    this.element.setAttribute("aria-selected", String(isChosen));
    this.element.classList.toggle("is-active", isActive);
  }
}

/** @param {Card} card @returns {string} */
function spoken(card) {
  const score = card.score === null || card.limit === null ? "" : ` ${card.score.toFixed(2)} (reject limit ${card.limit.toFixed(2)})`;
  const parts = [
    card.name, card.verdict ? `your verdict: ${card.verdict}` : "not judged",
    card.call ? `model: ${card.call}${score}` : "", card.painted ? `painted: ${(card.defect_types ?? []).join(", ")}` : "",
    card.kept_for_testing ? "kept for testing" : "",
  ];
  return parts.filter(Boolean).join(" · ");
}
