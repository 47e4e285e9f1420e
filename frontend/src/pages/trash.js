// The trash: search, a selection of sessions to restore or delete.
import { connectListFilters } from "../list-filters.js";
import { connectListSelection } from "../list-selection.js";

const filters = document.getElementById("filters");
const batch = document.getElementById("batch");
if (filters instanceof HTMLFormElement && batch instanceof HTMLFormElement) {
  const selection = connectListSelection(batch);
  connectListFilters(filters, selection.reset);
}
