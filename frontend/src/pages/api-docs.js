// The page that documents the API and sends requests to it. Requests carry the page's CSRF token.
import SwaggerUIBundle from "swagger-ui-dist/swagger-ui-es-bundle.js";

const root = document.getElementById("api");
const csrfToken = document.querySelector('meta[name="csrf-token"]')?.content;

SwaggerUIBundle({
  domNode: root,
  url: root.dataset.document,
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
  plugins: [() => ({ wrapComponents: { InfoContainer: () => () => null } })], // the page has a heading of its own
  requestInterceptor(request) {
    if (csrfToken) request.headers["X-CSRFToken"] = csrfToken;
    return request;
  },
});
