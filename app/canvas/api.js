// @ts-check
/** The server's routes, as functions. Addresses start where this file's own address says that the app starts. */

import { stepsOf } from "./run_lengths.js";

const ROOT = new URL("../../", import.meta.url);

const LARGE = 4096; // characters of a request that is worth being packed

/** The server answered, and said no. `message` is its sentence for a person. */
export class RefusedError extends Error {
  /** @param {number} status @param {any} body @param {string} message */
  constructor(status, body, message) {
    super(message);
    this.status = status;
    this.body = body;
  }
}

/** @param {string} path @returns {string} */
export function address(path) {
  return new URL(path.replace(/^\//, ""), ROOT).href;
}

/** @param {number} imageId */
export const imageAddress = (imageId) => address(`media/images/${imageId}`);

/** @param {number} imageId */
export const thumbnailAddress = (imageId) => address(`media/thumbnails/${imageId}`);

/** @param {number} imageId @param {number | string} version */
export const heatmapAddress = (imageId, version) => address(`media/heatmaps/${imageId}.png?version=${version}`);

/**
 * @param {string} path
 * @param {{method?: string, author?: string, body?: any, signal?: AbortSignal}} [request]
 * @returns {Promise<any>} the JSON of the answer
 * @throws {RefusedError} when the server says no; TypeError when it cannot be reached
 */
export async function call(path, { method = "GET", author, body, signal } = {}) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json" };
  if (author) headers["X-Twinbank-Author"] = encodeURIComponent(author);
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const text = body === undefined ? undefined : JSON.stringify(body);
  const isLarge = (text?.length ?? 0) > LARGE && "CompressionStream" in window;
  if (isLarge) headers["Content-Encoding"] = "gzip";
  const sent = isLarge ? await new Response(new Blob([text ?? ""]).stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer() : text;
  const response = await fetch(address(path), { method, headers, signal, cache: "no-store", body: sent });
  const answer = await response.json().catch(() => null);
  if (!response.ok) throw new RefusedError(response.status, answer, sentence(answer, response.status));
  if (answer === null) throw new TypeError("the answer was cut off");
  return answer;
}

/** @param {any} answer @param {number} status */
function sentence(answer, status) {
  return typeof answer?.detail === "string" ? answer.detail : `The server answered with error ${status}.`;
}

/** @param {number} imageId @param {AbortSignal} [signal] */
export const getPainting = (imageId, signal) => call(`api/images/${imageId}/painting`, { signal });

/** @param {number} imageId @param {number | string} version */
export const getNearestGood = (imageId, version) => call(`api/images/${imageId}/nearest-good?version=${version}`);

/** @param {number} imageId @param {AbortSignal} [signal] */
export const getCard = (imageId, signal) => call(`api/images/${imageId}`, { signal });

/** @param {number} imageId @param {string} author @param {any} body */
export const putPainting = (imageId, author, body) =>
  call(`api/images/${imageId}/painting`, { method: "PUT", author, body: inSteps(body) });

/** @param {any} content with layers and ignore, and beside it another one or none */
const inSteps = ({ layers, ignore, beside, ...rest }) => ({
  ...rest,
  steps: true,
  layers: layers.map((/** @type {{runs: number[]}} */ layer) => ({ ...layer, runs: stepsOf(layer.runs) })),
  ignore: stepsOf(ignore ?? []),
  ...(beside && { beside: inSteps(beside) }),
});

/** @param {number} imageId @param {string} author @param {any} body */
export const postVerdict = (imageId, author, body) =>
  call(`api/images/${imageId}/verdict`, { method: "POST", author, body });

/** @param {string} author @param {any} body */
export const postVerdicts = (author, body) => call("api/verdicts", { method: "POST", author, body });

/** @param {string} author @param {number[]} verdictIds */
export const takeBack = (author, verdictIds) =>
  call("api/verdicts/take-back", { method: "POST", author, body: { verdict_ids: verdictIds } });

/** @param {string} query @param {number} limit of cards; the first answer's `total` counts all there are @param {number} [after] an image */
export const getCards = (query, limit, after) => {
  const asked = [query, `limit=${limit}`, after === undefined ? "" : `after=${after}`].filter(Boolean).join("&");
  return call(`api/images?${asked}`);
};

export const getDefectTypes = () => call("api/defect-types");

/** @param {string} author @param {string} name */
export const postDefectType = (author, name) => call("api/defect-types", { method: "POST", author, body: { name } });

/** @param {number} imageId @param {[number, number][]} points of a stroke, in image pixels @param {boolean} blind without the model */
export const postStroke = (imageId, points, blind) => call(`api/images/${imageId}/drafts`, { method: "POST", body: { points, blind } });

/** @param {number} imageId */
export const getModelDrafts = (imageId) => call(`api/images/${imageId}/drafts`);

/** @param {number} imageId @param {string} defectType "": what is to be ignored */
export const getSimilarDraft = (imageId, defectType) => call(`api/images/${imageId}/drafts/similar?defect_type=${encodeURIComponent(defectType)}`);

/** @param {number} imageId @param {import("./painting.js").Content & {complete: boolean}} painting saved or not */
export const postPatches = (imageId, painting) => call(`api/images/${imageId}/patches`, { method: "POST", body: inSteps(painting) });
