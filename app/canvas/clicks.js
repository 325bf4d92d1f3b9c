// @ts-check
/**
 * Markup that the server wrote: a press on anything with data-action becomes the event `act` with its data.
 * data-action="key" data-key="teach" is the same as pressing the key of that action.
 */

import { fire } from "./keys.js";

/**
 * @param {HTMLElement} element
 * @param {{trigger: (name: string, data: any) => void}} host
 */
export function mount(element, { trigger }) {
  element.addEventListener("click", (event) => {
    const pressed = event.target instanceof Element ? event.target.closest("[data-action]") : null;
    if (!(pressed instanceof HTMLElement) || pressed.hasAttribute("disabled")) return;
    const { action, ...data } = pressed.dataset;
    if (action === "key" && data.key === "import") return document.dispatchEvent(new Event("twinbank:import"));
    if (action === "key" && data.key) return fire(data.key);
    const choice = pressed.closest("[data-with-choice]")?.querySelector("select");
    trigger("act", { action, ...data, choice: choice ? choice.value : "" });
    return undefined;
  });
}
