// Runs before the page is drawn, so that it is never drawn in the wrong colours first.
(() => {
  const key = "dubbing-theme";
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");

  const chosen = () => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null; // storage is switched off: the system decides
    }
  };
  const remember = (theme) => {
    try {
      if (theme === (system.matches ? "dark" : "light")) localStorage.removeItem(key);
      else localStorage.setItem(key, theme);
    } catch {
      // then the choice holds for this page
    }
  };
  const show = (theme) => {
    root.dataset.theme = theme;
    for (const button of document.querySelectorAll("[data-theme-toggle]")) {
      button.setAttribute("aria-pressed", String(theme === "dark"));
    }
  };
  const current = () => chosen() ?? (system.matches ? "dark" : "light");

  show(current());
  system.addEventListener("change", () => show(current()));
  document.addEventListener("DOMContentLoaded", () => {
    show(current());
    for (const button of document.querySelectorAll("[data-theme-toggle]")) {
      button.addEventListener("click", () => {
        const theme = root.dataset.theme === "dark" ? "light" : "dark";
        remember(theme);
        show(theme);
      });
    }
  });
})();
