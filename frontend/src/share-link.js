// A link to the shown version in one step: the ZIP is made if there is none, then the link, which is copied.
import { ApiError, fillUrl, request } from "./api.js";
import { find } from "./dom.js";
import { formatPercent } from "./format.js";
import { gettext } from "./i18n.js";

const FIRST_PAUSE = 250; // milliseconds between two questions for the job
const LONGEST_PAUSE = 2000;

/** @typedef {{state: string, percent: number, error: {message: string} | null, result: {export?: string} | null}} ExportJob */

/**
 * @param {Document} root
 * @param {{onShare: () => void}} options called when the link exists
 */
export function connectShareLink(root, { onShare }) {
  const form = root.querySelector("form[data-share]");
  if (!(form instanceof HTMLFormElement)) return;
  const status = find(form, "[data-share-status]");
  const button = find(form, "button[type=submit]", HTMLButtonElement);
  const result = find(root, "#share-result");

  const share = async () => {
    const values = new FormData(form);
    const code = form.dataset.export || (await makeExport(form, (text) => report(status, text)));
    form.dataset.export = code;
    const { url } = await request("POST", fillUrl(form.dataset.share ?? "", code), {
      days: Number(values.get("days")),
      note: String(values.get("note") ?? ""),
    });
    const field = find(result, "input", HTMLInputElement);
    field.value = url;
    result.hidden = false;
    form.hidden = true;
    field.focus();
    field.select();
    report(find(result, "[data-share-copied]"), await copyText(url));
    onShare();
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    try {
      await share();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      report(status, error.message);
    } finally {
      button.disabled = false;
    }
  });
}

/**
 * Make the ZIP of the version, and wait for it.
 * @param {HTMLFormElement} form
 * @param {(text: string) => void} report
 * @returns {Promise<string>} the code of the export
 */
async function makeExport(form, report) {
  report(gettext("Making the ZIP …"));
  const { code } = await request("POST", form.dataset.exports ?? "", {});
  form.dataset.showsJob = code; // no notice of its end, which is the link
  for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
    /** @type {ExportJob} */
    const job = await request("GET", fillUrl(form.dataset.job ?? "", code));
    if (job.result?.export) return job.result.export;
    if (["failed", "cancelled"].includes(job.state))
      throw new ApiError(409, { detail: job.error?.message || gettext("The ZIP was not made. Try again.") });
    report(gettext("Making the ZIP: %(percent)s", { percent: formatPercent(job.percent) }));
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

/**
 * @param {string} text
 * @returns {Promise<string>} what was done, for the user
 */
async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return gettext("The link was copied. It is not shown again.");
  } catch {
    return gettext("Copy the link now: it is not shown again."); // no permission, or too long after the click
  }
}

/**
 * @param {HTMLElement} element
 * @param {string} text
 */
function report(element, text) {
  element.textContent = text;
}
