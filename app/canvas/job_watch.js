// @ts-check
/**
 * One look a second at what the server is working on, for every part of the page that shows it.
 * Fires `twinbank:job` on `document`: {job, ended, isReachable}. `job`: what runs now, or null; `ended`: a job that was
 * running when we looked last and is not any more, as it ended. `twinbank:job-started` {id} makes us look at once.
 */

import { call } from "./api.js";

/** @typedef {{id: number, kind: string, state: string, stage: string, done: number, total: number, rate: number | null, seconds_left: number | null, message: string, error: string | null, result: any, is_active: boolean}} Job */
/** @typedef {{job: Job | null, ended: Job | null, isReachable: boolean}} News */

const BUSY_MS = 600;
const QUIET_MS = 2500;

const WATCH = Symbol.for("twinbank.jobs");

class Watch {
  constructor() {
    /** @type {Job | null} */
    this.job = null;
    this.isReachable = true;
    this.timer = 0;
    this.look();
    addEventListener("focus", () => this.look());
    document.addEventListener("twinbank:job-started", (event) => this.expect(/** @type {CustomEvent} */ (event).detail.id));
  }

  /** A job was started: report its end even when it is over before we look. @param {number} id */
  expect(id) {
    if (this.job?.id !== id) this.job = /** @type {Job} */ ({ id });
    this.look();
  }

  async look() {
    clearTimeout(this.timer);
    try {
      const before = this.job;
      const job = /** @type {Job | null} */ (await current());
      const isOther = before && before.id !== job?.id;
      const last = isOther ? await call(`api/jobs/${before.id}`).catch(() => null) : null;
      const ended = last?.is_active ? null : last;
      this.job = job;
      this.isReachable = true;
      this.say(ended);
    } catch {
      this.isReachable = false;
      this.say(null);
    }
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.look(), this.job ? BUSY_MS : QUIET_MS);
  }

  /** @param {Job | null} ended */
  say(ended) {
    /** @type {News} */
    const news = { job: this.job, ended, isReachable: this.isReachable };
    document.dispatchEvent(new CustomEvent("twinbank:job", { detail: news }));
  }
}

/** `call` takes an empty answer for a lost one; here null is an answer. */
async function current() {
  const response = await fetch(new URL("../../api/jobs/current", import.meta.url), { cache: "no-store" });
  if (!response.ok) throw new TypeError(`answer ${response.status}`);
  return response.json();
}

/** @param {(news: News) => void} react called at every look */
export function watchJobs(react) {
  const page = /** @type {any} */ (document);
  document.addEventListener("twinbank:job", (event) => react(/** @type {CustomEvent<News>} */ (event).detail));
  page[WATCH] ??= new Watch();
}

const KINDS = /** @type {Record<string, string>} */ ({
  import: "Importing", fit: "Building the model", teach: "Teaching", score: "Judging images", export: "Exporting",
});

/** @param {Job} job */
export const nameOf = (job) => KINDS[job.kind] ?? job.kind;

/** @param {Job} job @returns {number | null} 0 to 1; null: nobody knows */
export const shareOf = (job) => (job.total > 0 ? Math.min(1, job.done / job.total) : null);

/** @param {number} seconds */
export function duration(seconds) {
  if (seconds < 1) return "less than 1 s";
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return `${Math.round(seconds / 60)} min`;
}
