// @ts-check
/** The "Keys" button of the app's frame, and the keys that Python wants to know about. See key_map.py. */

import { create, icon, loadStyle } from "./dom.js";
import { showKeys } from "./keys.js";

/**
 * @param {HTMLElement} element
 * @param {{trigger: (name: string, data: any) => void}} host
 */
export async function mount(element, { trigger }) {
  await loadStyle("key_map.css");
  const button = create("button", { type: "button", class: "tb-keys-button", title: "All keys (?)", onclick: showKeys }, [
    icon("keys"), create("span", { text: "Keys" }),
  ]);
  element.replaceChildren(button);
  document.addEventListener("twinbank:action", (event) => {
    const { action, phase } = /** @type {CustomEvent<import("./keys.js").Action>} */ (event).detail;
    if (phase !== "press" || !element.isConnected) return;
    trigger("action", { action });
    if (action === "teach") trigger("teach", {});
  });
}
