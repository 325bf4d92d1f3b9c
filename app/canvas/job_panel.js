// @ts-check
/**
 * The running job in full: stages passed, the present one with count, rate and time left, cancel, log.
 * In: {job_id, is_active}: the job to show when none runs; its end stays readable. Out: nothing, the strip tells Python.
 */

import { call } from "./api.js";
import { create } from "./dom.js";
import { duration, nameOf, shareOf, watchJobs } from "./job_watch.js";
import { nameNow } from "./name_tag.js";

/** @typedef {import("./job_watch.js").Job} Job */

const KINDS_SHOWN = ["fit", "teach"];

/**
 * @param {HTMLElement} element
 * @param {{props: {value: any}, watch: (names: string | string[], react: () => void) => void}} host
 */
export function mount(element, { props, watch }) {
  const panel = new JobPanel(element);
  const apply = () => {
    const { job_id: id = null, is_active: isActive = false } = props.value ?? {};
    if (isActive) document.dispatchEvent(new CustomEvent("twinbank:job-started", { detail: { id } }));
    return panel.remember(id);
  };
  watch("value", apply);
  apply();
  watchJobs(({ job, ended }) => {
    const shown = [job, ended].find((candidate) => candidate && KINDS_SHOWN.includes(candidate.kind));
    if (shown) panel.show(shown);
  });
}

class JobPanel {
  /** @param {HTMLElement} element */
  constructor(element) {
    /** @type {Job | null} */
    this.job = null;
    /** @type {Map<string, number>} total of every stage seen, in order */
    this.stages = new Map();
    this.heading = create("h3", {});
    this.state = create("span", { class: "tw-job-state" });
    this.cancel = create("button", { type: "button", class: "tw-button", text: "Cancel", onclick: () => this.stop() });
    this.stage = create("div", { class: "tw-job-stage" });
    this.numbers = create("div", { class: "tw-job-numbers" });
    this.fill = create("span", { class: "tw-bar-fill" });
    this.list = create("ol", { class: "tw-job-stages" });
    this.error = create("p", { class: "tw-job-error", role: "alert" });
    this.logText = create("pre", { class: "tw-job-log", tabindex: 0 });
    this.log = create("details", { class: "tw-job-details", ontoggle: () => this.readLog() }, [create("summary", { text: "Log" }), this.logText]);
    this.root = create("section", { class: "tw-card tw-job", "aria-label": "Progress", hidden: true }, [
      create("header", { class: "tw-card-head" }, [this.heading, this.state, this.cancel]),
      create("div", { class: "tw-job-now" }, [this.stage, this.numbers]),
      create("div", { class: "tw-bar", role: "progressbar", "aria-label": "Progress of this stage" }, [this.fill]),
      this.error, this.list, this.log,
    ]);
    element.replaceChildren(this.root);
  }

  /** @param {number | null} jobId */
  async remember(jobId) {
    if (jobId === null || this.job?.id === jobId) return;
    const job = await call(`api/jobs/${jobId}`).catch(() => null);
    if (job && !this.job?.is_active) this.show(job);
  }

  /** @param {Job} job */
  show(job) {
    if (job.id !== this.job?.id) {
      this.stages.clear();
      this.cancel.removeAttribute("disabled");
      this.cancel.textContent = "Cancel";
    }
    this.job = job;
    if (job.stage) this.stages.set(job.stage, job.total);
    this.root.hidden = false;
    this.root.dataset.state = job.state;
    this.root.dataset.jobId = String(job.id);
    this.heading.textContent = nameOf(job);
    this.state.textContent = job.is_active ? "" : job.state;
    this.cancel.hidden = !job.is_active;
    this.#showStage(job);
    this.error.hidden = !job.error;
    this.error.textContent = job.error ?? "";
    if (this.log.open) this.readLog();
  }

  /** @param {Job} job */
  #showStage(job) {
    const share = job.is_active ? shareOf(job) : job.state === "done" ? 1 : 0;
    this.fill.style.width = `${Math.round(100 * (share ?? 0))}%`;
    this.fill.classList.toggle("is-unknown", job.is_active && share === null);
    this.stage.textContent = job.is_active ? job.stage || "Waiting for its turn" : "";
    const parts = [];
    if (job.is_active && job.total) parts.push(`${job.done} of ${job.total}`);
    if (job.is_active && job.rate) parts.push(`${job.rate.toFixed(job.rate < 10 ? 1 : 0)} a second`);
    if (job.is_active && job.seconds_left !== null) parts.push(`${duration(job.seconds_left)} left`);
    this.numbers.textContent = parts.join(" · ");
    const passed = [...this.stages.keys()].filter((stage) => !job.is_active || stage !== job.stage);
    this.list.replaceChildren(...passed.map((stage) => create("li", { text: stage })));
    this.list.hidden = !job.is_active || !passed.length;
  }

  async readLog() {
    if (!this.log.open || !this.job) return;
    const answer = await call(`api/jobs/${this.job.id}/log`).catch(() => ({ log: "The log can't be read." }));
    const isAtEnd = this.logText.scrollTop + this.logText.clientHeight >= this.logText.scrollHeight - 8;
    this.logText.textContent = answer.log || "Nothing was written yet.";
    if (isAtEnd) this.logText.scrollTop = this.logText.scrollHeight;
  }

  async stop() {
    if (!this.job) return;
    this.cancel.setAttribute("disabled", "");
    this.cancel.textContent = "Cancelling …";
    await call(`api/jobs/${this.job.id}/cancel`, { method: "POST", author: nameNow(), body: {} }).catch((error) => {
      this.cancel.removeAttribute("disabled");
      this.cancel.textContent = "Cancel";
      this.error.hidden = false;
      this.error.textContent = error.message;
    });
  }
}
