// The list of sessions: select several for export or deletion.
import { find } from "../dom.js";
import { connectRowSelection } from "../row-selection.js";

const form = document.getElementById("batch");
if (form) {
  connectRowSelection(form, {
    name: "codes",
    onChange: (count) => {
      find(form, "[data-count-text]").textContent = count === 1 ? "one session" : `${count} sessions`;
    },
  });
}
