// @ts-check
/** One small button: light or dark. */

import { create } from "./dom.js";

/** @param {HTMLElement} element */
export function mount(element) {
  const press = () => {
    const wanted = document.body.classList.contains("dark") ? "light" : "dark";
    dispatchEvent(new CustomEvent("twinbank:look", { detail: wanted }));
  };
  const button = create("button", { type: "button", class: "tw-icon-button", title: "Light or dark", "aria-label": "Light or dark", onclick: press });
  button.innerText = "◐";
  element.replaceChildren(button);
}
