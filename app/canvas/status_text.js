// @ts-check
/** What the painter tells about saving: its status line for a person, and the event for the page. */

import { pixelCount } from "./run_lengths.js";

/** @typedef {import("./session.js").Session} Session */

const UNREACHABLE = "not saved yet – retrying";
const NAME_NEEDED = "not saved yet – type your name first";

/** @param {string} iso @returns {string} "14:02:11", with the day when it is not today */
export function clock(iso) {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return "";
  const time = at.toLocaleTimeString("en-GB");
  return at.toDateString() === new Date().toDateString() ? time : `${at.toLocaleDateString("en-CA")} ${time}`;
}

/**
 * @param {import("./outbox.js").State} state @param {Session | null} session @param {boolean} hasName
 * @returns {["saved" | "saving" | "retrying" | "refused", string]}
 */
export function saveStatus(state, session, hasName) {
  if (state.waiting && !hasName) return ["retrying", NAME_NEEDED];
  if (state.kind === "retrying") return ["retrying", UNREACHABLE];
  if (state.kind === "refused") return ["refused", `not saved: ${state.message}`];
  if (state.waiting) return ["saving", "saving …"];
  return ["saved", session?.savedAt ? `saved ${clock(session.savedAt)}` : ""];
}

/** @param {Session | null} session @returns {string} name, size and where the image stands */
export function facts(session) {
  if (!session) return "No image is open.";
  const { painting, card } = session;
  const parts = [card?.name, painting ? `${painting.width} × ${painting.height}` : "loading …"];
  if (card?.kept_for_testing) parts.push("kept for testing");
  return parts.filter(Boolean).join(" · ");
}

/** @param {import("./outbox.js").PaintingItem} item @param {any} answer of the server @returns {any} data of the event "saved" */
export function savedEvent({ image_id, draft }, answer) {
  return {
    image_id, revision: answer.revision, saved_at: answer.saved_at, complete: draft.complete,
    pixel_count: draft.layers.reduce((sum, { runs }) => sum + pixelCount(runs), 0),
    defect_types: draft.layers.map((layer) => layer.defect_type),
  };
}
