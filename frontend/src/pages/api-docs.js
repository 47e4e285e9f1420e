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
  plugins: [() => ({ wrapComponents: { InfoContainer: () => () => null } })], // the page has a heading of its own
  requestInterceptor(/** @type {{headers: Record<string, string>}} */ request) {
    const token = csrfToken();
    if (token) request.headers["X-CSRFToken"] = token;
    return request;
  },
});
