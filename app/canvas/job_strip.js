// @ts-check
/** In the header of every page: what the server is working on. Events: `started`, `ended` with {id, kind, state}. */

import { create } from "./dom.js";
import { duration, nameOf, shareOf, watchJobs } from "./job_watch.js";

const SHOWN_MS = 12000;
const ENDINGS = /** @type {Record<string, string>} */ ({ done: "done", failed: "failed", cancelled: "cancelled" });

/**
 * @param {HTMLElement} element
 * @param {{trigger: (name: string, data: any) => void}} host
 */
export function mount(element, { trigger }) {
  const text = create("span", { class: "tw-strip-text" });
  const bar = create("span", { class: "tw-strip-bar" }, [create("span", { class: "tw-strip-fill" })]);
  const root = create("button", { type: "button", class: "tw-strip", "data-action": "show-job", role: "status", title: "What Twinbank is working on" }, [
    create("span", { class: "tw-strip-dot" }), text, bar,
  ]);
  element.replaceChildren(root);
  root.addEventListener("click", () => trigger("show", {}));
  let known = 0;
  let endedAt = 0;
  watchJobs(({ job, ended, isReachable }) => {
    if (ended) {
      endedAt = performance.now();
      trigger("ended", { id: ended.id, kind: ended.kind, state: ended.state });
    }
    if (job && job.id !== known) {
      known = job.id;
      trigger("started", { id: job.id, kind: job.kind });
    }
    root.dataset.state = !isReachable ? "lost" : job ? "busy" : ended ? ended.state : root.dataset.state === "busy" ? "idle" : root.dataset.state ?? "idle";
    if (!job && isReachable && !ended && performance.now() - endedAt > SHOWN_MS) root.dataset.state = "idle";
    if (!isReachable) text.textContent = "The server can't be reached";
    else if (job) show(job);
    else if (ended) text.textContent = `${nameOf(ended)}: ${ENDINGS[ended.state] ?? ended.state}`;
    else if (root.dataset.state === "idle" || root.dataset.state === "lost") idle();
  });

  function idle() {
    root.dataset.state = "idle";
    text.textContent = "Ready";
  }

  /** @param {import("./job_watch.js").Job} job */
  function show(job) {
    const share = shareOf(job);
    const left = job.seconds_left !== null && job.seconds_left !== undefined ? ` · ${duration(job.seconds_left)} left` : "";
    text.textContent = `${nameOf(job)}${share === null ? "" : ` ${Math.round(100 * share)} %`}${left}`;
    root.title = job.stage ? `${nameOf(job)}: ${job.stage}` : nameOf(job);
    root.style.setProperty("--tw-share", String(share ?? 0.05));
  }
}
