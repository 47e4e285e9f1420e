// What the scripts show to users, found in their syntax trees: marked messages, and text that is not marked.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "acorn";
import { ancestor } from "acorn-walk";

/** @import { CallExpression, Node } from "acorn" */
/** @typedef {{context: string, message: string, plural: string}} Message */

/** @type {Record<string, ("context" | "message" | "plural")[]>} what the first arguments are, by function */
const FUNCTIONS = {
  gettext: ["message"],
  pgettext: ["context", "message"],
  ngettext: ["message", "plural"],
};
/** Attributes and properties whose values are shown or read out. */
const SHOWN = [
  "aria-label",
  "aria-description",
  "aria-valuetext",
  "title",
  "placeholder",
  "textContent",
  "label",
  "alt",
];
/** Two words, the first one capitalized; or words around a value, $: most likely a sentence. */
const SENTENCE = /^\W*[A-Z][a-z]*(’s)?,? [A-Za-z$]|\$,? [a-z]+ [a-z$]+/;
/** Most likely a label, unless the browser has this name for a key, an error or a type. */
const WORD = /^[A-Z][a-z]+$/;
const NAMES = ["Arrow", "Enter", "Escape", "Files"];

/**
 * Return the messages of all scripts in a folder, by context and text as in a .mo file.
 * @param {string} folder
 * @returns {Map<string, Message>}
 */
export function readMessages(folder) {
  const messages = readScripts(folder).flatMap(([name, source]) => findMessages(source, name));
  return new Map(messages.map((message) => [keyOf(message), message]));
}

/** @param {string} folder */
export const readUnmarked = (folder) =>
  readScripts(folder).flatMap(([name, source]) => findUnmarked(source).map((text) => `${name}: ${text}`));

/** @param {string} folder */
function readScripts(folder) {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".js"));
  return names.sort().map((name) => /** @type {const} */ ([name, readFileSync(join(folder, name), "utf8")]));
}

/** @param {{context: string, message: string}} message */
export const keyOf = ({ context, message }) => (context ? `${context}\u0004${message}` : message);

/** @param {string} source */
const parseScript = (source) => parse(source, { ecmaVersion: "latest", sourceType: "module", locations: true });

/**
 * @param {string} source
 * @param {string} name of the script
 */
export function findMessages(source, name) {
  /** @type {Message[]} */
  const messages = [];
  ancestor(parseScript(source), {
    CallExpression(call) {
      const roles = FUNCTIONS[calleeOf(call)];
      if (!roles) return;
      const message = { context: "", message: "", plural: "" };
      for (const [index, role] of roles.entries()) {
        const argument = call.arguments[index];
        if (argument?.type !== "Literal" || typeof argument.value !== "string")
          throw new Error(`${name}:${call.loc?.start.line}: the ${role} must be a string literal`);
        message[role] = argument.value;
      }
      messages.push(message);
    },
  });
  return messages;
}

/**
 * Return texts that users see, as far as that can be recognized, and that are not marked.
 * @param {string} source
 */
export function findUnmarked(source) {
  /** @type {string[]} */
  const found = [];
  const check = (/** @type {string} */ text, /** @type {Node[]} */ ancestors) => {
    if (!/[A-Za-z]{2}/.test(text) || isMarked(ancestors)) return;
    const isText = SENTENCE.test(text) || (WORD.test(text) && !NAMES.includes(text));
    if (isText || isShown(ancestors)) found.push(text);
  };
  ancestor(parseScript(source), {
    Literal(node, _, ancestors) {
      if (typeof node.value === "string") check(node.value, ancestors);
    },
    TemplateLiteral(node, _, ancestors) {
      check(node.quasis.map(({ value }) => value.cooked).join("$"), ancestors);
    },
  });
  return found;
}

/** @param {CallExpression} call */
const calleeOf = ({ callee }) => (callee.type === "Identifier" ? callee.name : "");

/** Whether a text is part of a message, or of an error that only developers see. @param {Node[]} ancestors */
const isMarked = (ancestors) =>
  ancestors.some(
    (node) =>
      (node.type === "CallExpression" && calleeOf(/** @type {CallExpression} */ (node)) in FUNCTIONS) ||
      (node.type === "NewExpression" && ["Error", "DOMException"].includes(/** @type {any} */ (node).callee.name)),
  );

/**
 * Whether a text is assigned to something that users see.
 * @param {Node[]} ancestors from the program to the text
 */
function isShown(ancestors) {
  let at = ancestors.length - 2;
  while (ancestors[at]?.type === "ConditionalExpression") at -= 1;
  const [parent, child] = /** @type {[any, Node]} */ ([ancestors[at], ancestors[at + 1]]);
  switch (parent.type) {
    case "AssignmentExpression":
      return parent.left.type === "MemberExpression" && SHOWN.includes(parent.left.property.name);
    case "Property":
      return parent.value === child && ["text", ...SHOWN].includes(parent.key.name);
    case "CallExpression":
      return isShownArgument(parent, parent.arguments.indexOf(child));
    default:
      return false;
  }
}

/**
 * @param {any} call
 * @param {number} place
 */
function isShownArgument({ callee, arguments: given }, place) {
  if (callee.name === "create") return place === 2;
  return callee.property?.name === "setAttribute" && place === 1 && SHOWN.includes(given[0].value);
}
