// Names written from right to left in sentences that are written from left to right: without isolation they reorder what is beside them.

const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1eeff}]/u;
const QUOTED = /(?<=“)[^“”]+(?=”)|(?<=„)[^„“]+(?=“)/g;

/** @param {string} name */
export const isolate = (name) => (RIGHT_TO_LEFT.test(name) ? `\u2068${name}\u2069` : name);

/** Isolate each name in quotation marks, in a sentence of the server. @param {string} text */
export const isolateQuoted = (text) => text.replace(QUOTED, isolate);
