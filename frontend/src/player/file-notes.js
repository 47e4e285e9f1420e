// Sentences about the chosen file: what is unusual with it, and why it is not seen or audible yet.
import { gettext } from "../i18n.js";
import { differsInLength } from "./model.js";
import { isUnavailable } from "./recovery.js";
import { formatTime } from "./timecode.js";

/** @typedef {import("./player.js").Player} Player */

/**
 * Return a sentence about what is unusual with the chosen file, or "".
 * @param {Player} player
 */
export function describeFile({ file, stage, mixer, transport, language }) {
  if (file.copy) return ""; // stated over the picture
  const { path } = file;
  const missing = [transport.picture, mixer.audible?.element].find((element) => element && isUnavailable(element));
  if (missing) {
    return gettext("%(path)s cannot be loaded at the moment. The player tries again until it can.", {
      path: missing === transport.picture ? stage.file.path : path,
    });
  }
  if (mixer.audible?.file === file && mixer.audible.hasFailed) {
    return gettext("The sound of %(path)s cannot be played in this browser. Download the file to listen to it.", {
      path,
    });
  }
  if (stage.file.kind === "video" && stage.file.path && file !== stage.file && differsInLength(file, stage.file)) {
    const sound = formatTime(file.duration ?? 0, { hasTenths: true });
    const picture = formatTime(stage.file.duration ?? 0, { hasTenths: true });
    return gettext("This sound is %(sound)s long, the picture %(picture)s.", { sound, picture });
  }
  if (file.problem) return `${path}: ${file.problem}.`;
  return !file.hasSound && !language.isSource ? gettext("%(path)s has no sound.", { path }) : "";
}

/**
 * Return a sentence about a light copy that does not exist: of the chosen file, or of the one whose picture is needed. Else "".
 * @param {Player} player
 */
export function describeCopy({ file, stage }) {
  const { copy, path } = file.copy ? file : stage.file;
  if (copy === "pending")
    return gettext("A light copy of %(path)s is being made, because browsers cannot play this file.", { path });
  if (copy === "waiting") {
    return gettext(
      "Browsers cannot play %(path)s. A light copy is made as soon as a worker for media runs. Download the file to play it now.",
      { path },
    );
  }
  return copy === "missing" ? gettext("Browsers cannot play %(path)s. Download the file to play it.", { path }) : "";
}
