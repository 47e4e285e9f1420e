// The list of sessions: filters, a selection for actions, import by dropping ZIPs.
import { connectDropAnywhere } from "../drop-anywhere.js";
import { connectHoverStrips } from "../hover-strip.js";
import { connectListFilters } from "../list-filters.js";
import { connectListSelection } from "../list-selection.js";
import { connectListUpdates } from "../list-updates.js";

const filters = document.getElementById("filters");
const batch = document.getElementById("batch");
let onResults = () => {};
if (filters instanceof HTMLFormElement && batch instanceof HTMLFormElement) {
  onResults = connectListSelection(batch).reset;
  connectListFilters(filters, onResults);
}
connectListUpdates(onResults);
connectHoverStrips();
connectDropAnywhere();
