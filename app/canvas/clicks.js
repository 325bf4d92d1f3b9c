// @ts-check
/** Markup that the server wrote: a press on anything with data-action becomes the event `act` with its data. */

/**
 * @param {HTMLElement} element
 * @param {{trigger: (name: string, data: any) => void}} host
 */
export function mount(element, { trigger }) {
  element.addEventListener("click", (event) => {
    const pressed = event.target instanceof Element ? event.target.closest("[data-action]") : null;
    if (!(pressed instanceof HTMLElement) || pressed.hasAttribute("disabled")) return;
    const { action, ...data } = pressed.dataset;
    const choice = pressed.closest("[data-with-choice]")?.querySelector("select");
    trigger("act", { action, ...data, choice: choice ? choice.value : "" });
  });
}
