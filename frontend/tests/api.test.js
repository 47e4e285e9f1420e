import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError, fillUrl, newKey } from "../src/api.js";

const NIL = "00000000-0000-0000-0000-000000000000";

test("addresses are filled with a code and a number", () => {
  assert.equal(fillUrl(`/sessions/${NIL}/`, "abc"), "/sessions/abc/");
  assert.equal(fillUrl(`/uploads/${NIL}/parts/0`, "abc", 120), "/uploads/abc/parts/120");
});

for (const status of [0, 408, 429, 500, 503]) {
  test(`status ${status} may pass`, () => assert.equal(new ApiError(status).isRetryable, true));
}

for (const status of [400, 401, 403, 404, 409, 413, 507]) {
  test(`status ${status} is permanent`, () => assert.equal(new ApiError(status).isRetryable, false));
}

test("a request body that was cut off may pass", () => {
  assert.equal(new ApiError(400, { code: "connection_lost" }).isRetryable, true);
});

test("errors have the server's sentence, or one of their own", () => {
  assert.equal(new ApiError(409, { detail: "Version 2 was saved." }).message, "Version 2 was saved.");
  assert.match(new ApiError(502).message, /unexpected response/);
  assert.match(new ApiError(413).message, /proxy .* client_max_body_size in nginx/);
  assert.equal(new ApiError(413, { detail: "Your quota is full." }).message, "Your quota is full.");
});

test("keys are unique", () => {
  assert.match(newKey(), /^[0-9a-f]{32}$/);
  assert.notEqual(newKey(), newKey());
});
