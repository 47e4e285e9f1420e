// The page of a transcript: copy tracks, and show the row that the address leads to.
import { connectTrackCopies } from "../copy-track.js";
import { refreshWhenRead } from "../reading-state.js";

connectTrackCopies(document);
document.querySelector(".transcript .is-target")?.scrollIntoView({ block: "center" });
document.addEventListener("region-refreshed", ({ target }) => {
  if (target instanceof Element) connectTrackCopies(target);
});
refreshWhenRead();
