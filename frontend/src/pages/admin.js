// The admin site's lists: what their markup by Django lacks.

// A list that scrolls sideways fades out where it continues.
document.querySelector("#changelist .results")?.classList.add("scroll-fade");

// Lists of two boxes: Django names their tooltips without a role, which screen readers then skip.
const observer = new MutationObserver(() => {
  for (const tooltip of document.querySelectorAll(".help-tooltip[aria-label]:not([role])")) {
    tooltip.setAttribute("role", "img");
  }
});
observer.observe(document.body, { childList: true, subtree: true });
