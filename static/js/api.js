// The API's page. Everything comes from this host, and what is tried carries the page's CSRF token.
const place = document.getElementById("api");
const csrf = document.querySelector('meta[name="csrf-token"]')?.content;

SwaggerUIBundle({
  domNode: place,
  url: place.dataset.document,
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
  plugins: [() => ({ wrapComponents: { InfoContainer: () => () => null } })], // the page has a heading of its own
  requestInterceptor(request) {
    if (csrf) request.headers["X-CSRFToken"] = csrf;
    return request;
  },
});
