// @ts-check
/**
 * Images in order of their score, to walk through. In: {cards: [{id, name, product, verdict, call, score,
 * kept_for_testing}], current, more}: `more` is a sentence below the list. Out: `open` {image_id}.
 */

import { thumbnailAddress } from "./api.js";
import { create, loadStyle } from "./dom.js";

/**
 * @param {HTMLElement} element
 * @param {{props: {value: any}, trigger: (name: string, data: any) => void, watch: (names: string | string[], react: () => void) => void}} host
 */
export async function mount(element, { props, trigger, watch }) {
  await loadStyle("image_grid.css");
  const root = create("div", { class: "tw-ranked tb-root", role: "listbox", "aria-label": "Images, highest score first" });
  element.replaceChildren(root);
  root.addEventListener("click", (event) => {
    const row = event.target instanceof Element ? event.target.closest("[data-image-id]") : null;
    if (row instanceof HTMLElement) trigger("open", { image_id: Number(row.dataset.imageId) });
  });
  let shown = "";
  const apply = () => {
    const { cards = [], current = null, more = "" } = props.value ?? {};
    const ids = cards.map((/** @type {any} */ card) => card.id).join();
    if (ids !== shown || root.childElementCount === 0) {
      root.replaceChildren(...cards.map(row), create("p", { class: "tw-quiet tw-ranked-more", text: more, hidden: !more }));
      shown = ids;
    }
    cards.forEach((/** @type {any} */ card, /** @type {number} */ at) => mark(/** @type {HTMLElement} */ (root.children[at]), card, card.id === current));
    root.querySelector("[aria-selected='true']")?.scrollIntoView({ block: "nearest" });
  };
  watch("value", apply);
  apply();
}

/** @param {any} card */
function row(card) {
  const name = create("span", { class: "tw-ranked-name", text: card.name.split("/").pop() });
  const facts = create("span", { class: "tw-ranked-facts" }, [
    create("span", { class: "tb-card-verdict" }), create("span", { class: "tw-quiet", text: card.kept_for_testing ? "testing" : "" }),
  ]);
  const score = create("span", { class: "tw-ranked-score" });
  return create("button", { type: "button", class: "tw-ranked-row", role: "option", tabindex: -1, "data-image-id": card.id, title: `${card.product} · ${card.name}` }, [
    create("img", { src: thumbnailAddress(card.id), alt: "", loading: "lazy", decoding: "async", draggable: "false" }),
    create("span", { class: "tw-ranked-text" }, [name, facts]), score,
  ]);
}

/** @param {HTMLElement} element @param {any} card @param {boolean} isCurrent */
function mark(element, card, isCurrent) {
  element.setAttribute("aria-selected", String(isCurrent));
  const verdict = /** @type {HTMLElement} */ (element.querySelector(".tb-card-verdict"));
  verdict.textContent = card.verdict ?? "not judged";
  verdict.dataset.verdict = card.verdict ?? "none";
  const score = /** @type {HTMLElement} */ (element.querySelector(".tw-ranked-score"));
  score.textContent = card.score === null ? "" : card.score.toFixed(2);
  score.dataset.call = card.call ?? "";
}
