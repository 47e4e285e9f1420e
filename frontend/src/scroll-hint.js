// Boxes that scroll show whether there is more below.

/** @param {HTMLElement} box gets the attribute data-more while its end is not visible */
export function connectScrollHint(box) {
  const update = () => {
    const hint = box.querySelector(".scroll-hint");
    const height = hint instanceof HTMLElement ? hint.offsetHeight : 0;
    const rest = box.scrollHeight - box.clientHeight - box.scrollTop;
    // The hint is part of the content, so its own height must not keep it.
    box.toggleAttribute("data-more", rest > height + 1);
  };
  box.addEventListener("scroll", update, { passive: true });
  const observer = new ResizeObserver(update);
  observer.observe(box);
  for (const child of box.children) if (!child.matches(".scroll-hint")) observer.observe(child);
}
