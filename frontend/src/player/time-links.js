// Elements anywhere on the page that lead to a time or a language of the player, and the events of the player for other scripts.
/** @typedef {import("./player.js").Player} Player */

const EVERY = 250; // milliseconds between two events about the time

/**
 * @param {Player} player
 * @param {AbortSignal} signal ends the connection
 */
export function connectTimeLinks(player, signal) {
  let sentAt = 0;
  let spoken = -1;

  const onClick = (/** @type {MouseEvent} */ event) => {
    const target = /** @type {Element} */ (event.target).closest("[data-play-at], [data-play-language]");
    if (!(target instanceof HTMLElement)) return;
    event.preventDefault();
    const { playAt, playLanguage } = target.dataset;
    go({ time: playAt === undefined ? undefined : Number(playAt), language: playLanguage, play: playAt !== undefined });
  };
  document.addEventListener("click", onClick, { signal });
  const onSeek = (/** @type {Event} */ event) => go(/** @type {CustomEvent} */ (event).detail ?? {});
  document.addEventListener("player:seek", onSeek, { signal });
  document.addEventListener("player:pause", () => player.transport.pause(), { signal });
  player.addEventListener("language", () => {
    markLanguage(player.language.tag);
    send("player:language", { language: player.language.tag });
  });
  markLanguage(player.language.tag);

  /** @param {{time?: number, language?: string, play?: boolean}} detail */
  function go({ time, language, play }) {
    if (language !== undefined) player.chooseTag(language);
    if (time !== undefined && Number.isFinite(time)) player.seek(time);
    if (play) player.play();
  }

  return {
    /**
     * Report to other scripts that another line is spoken.
     * @param {number} time
     * @param {number} line
     */
    send(time, line) {
      spoken = line;
      send("player:time", { time, line });
      sentAt = performance.now();
    },
    /** Mark the links to the current time. @param {number} time */
    mark(time) {
      if (performance.now() - sentAt < EVERY) return;
      this.send(time, spoken);
      /** @type {NodeListOf<HTMLElement>} */
      const links = document.querySelectorAll("[data-play-at][data-play-until]");
      for (const link of links) {
        const isCurrent = Number(link.dataset.playAt) <= time && time < Number(link.dataset.playUntil);
        for (const element of [link, link.closest("[data-line]")]) {
          if (isCurrent) element?.setAttribute("aria-current", "true");
          else element?.removeAttribute("aria-current");
        }
      }
    },
  };
}

/** @param {string} tag */
function markLanguage(tag) {
  /** @type {NodeListOf<HTMLElement>} */
  const buttons = document.querySelectorAll("button[data-play-language]:not([data-play-at])");
  for (const button of buttons) {
    const language = button.dataset.playLanguage === "source" ? "" : button.dataset.playLanguage;
    button.setAttribute("aria-pressed", String(language === tag));
  }
}

/**
 * @param {string} name
 * @param {object} detail
 */
function send(name, detail) {
  document.dispatchEvent(new CustomEvent(name, { detail }));
}
