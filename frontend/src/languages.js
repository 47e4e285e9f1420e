// Show the name of a language beside its tag. The browser knows the names, so the server does not need them.

/** @param {ParentNode} root elements with the attribute data-language get a title, or with data-with-name a text */
export function nameLanguages(root) {
  const names = displayNames();
  /** @type {NodeListOf<HTMLElement>} */
  const elements = root.querySelectorAll("[data-language]");
  for (const element of elements) {
    const tag = element.dataset.language ?? "";
    const name = nameOf(names, tag);
    if (!name) continue;
    if (element.dataset.withName === undefined) element.title = name;
    else element.textContent = `${name} (${tag})`;
  }
}

function displayNames() {
  try {
    return new Intl.DisplayNames(document.documentElement.lang, { type: "language", fallback: "none" });
  } catch {
    return null;
  }
}

/**
 * @param {Intl.DisplayNames | null} names
 * @param {string} tag
 */
function nameOf(names, tag) {
  try {
    return names?.of(tag);
  } catch {
    return undefined; // not a language tag
  }
}
