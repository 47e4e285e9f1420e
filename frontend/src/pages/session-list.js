// The list of sessions: filters, a selection for actions, import by dropping ZIPs.
import { connectDropAnywhere } from "../drop-anywhere.js";
import { connectHoverStrips } from "../hover-strip.js";
import { connectListFilters } from "../list-filters.js";
import { connectListSelection } from "../list-selection.js";

const filters = document.getElementById("filters");
const batch = document.getElementById("batch");
if (filters instanceof HTMLFormElement && batch instanceof HTMLFormElement) {
  const selection = connectListSelection(batch);
  connectListFilters(filters, selection.reset);
}
connectHoverStrips();
connectDropAnywhere();
