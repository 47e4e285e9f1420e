// Says what a language tag means, in the language of the page: the browser knows, the server need not.
export function nameLanguages(root) {
  let names;
  try {
    names = new Intl.DisplayNames(document.documentElement.lang, { type: "language", fallback: "none" });
  } catch {
    return;
  }
  for (const element of root.querySelectorAll("[data-language]")) {
    let name;
    try {
      name = names.of(element.dataset.language);
    } catch {
      continue; // not a tag that this browser knows
    }
    if (!name) continue;
    if (element.dataset.spelled === undefined) element.title = name;
    else element.textContent = `${name} (${element.dataset.language})`;
  }
}
