// The page that documents the API and sends requests to it. Requests carry the page's CSRF token.
import SwaggerUIBundle from "swagger-ui-dist/swagger-ui-es-bundle.js";
import { csrfToken } from "../api.js";
import { find } from "../dom.js";

const root = find(document, "#api");

SwaggerUIBundle({
  domNode: root,
  url: root.dataset.document,
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
  plugins: [adaptComponents],
  requestInterceptor(/** @type {{headers: Record<string, string>}} */ request) {
    const token = csrfToken();
    if (token) request.headers["X-CSRFToken"] = token;
    return request;
  },
});

/**
 * Leave out the heading, as the page has one, and the links inside buttons, which no keyboard or screen reader reaches.
 * @param {{React: {createElement: (tag: string, properties: object, ...children: unknown[]) => unknown}}} system
 */
function adaptComponents({ React }) {
  /** @param {{text?: unknown, children?: unknown}} properties */
  const Text = ({ text, children }) => React.createElement("span", {}, text ?? children);
  return { wrapComponents: { InfoContainer: () => () => null, DeepLink: () => Text } };
}

// Swagger UI names the text fields of parameters, but not their lists.
new MutationObserver(() => {
  /** @type {NodeListOf<HTMLElement>} */
  const rows = root.querySelectorAll("tr[data-param-name]");
  for (const row of rows) row.querySelector("select")?.setAttribute("aria-label", row.dataset.paramName ?? "");
}).observe(root, { childList: true, subtree: true });
