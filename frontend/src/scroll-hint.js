// Boxes that scroll show whether there is more below.

/** @param {HTMLElement} box gets the attribute data-more while its end is not visible */
export function connectScrollHint(box) {
  const update = () => {
    box.toggleAttribute("data-more", box.scrollHeight - box.clientHeight - box.scrollTop > 1);
  };
  box.addEventListener("scroll", update, { passive: true });
  const observer = new ResizeObserver(update);
  observer.observe(box);
  for (const child of box.children) if (!child.matches(".scroll-hint")) observer.observe(child);
}
