// What a page shows about an error.
import { ApiError } from "./api.js";

/** @param {unknown} error */
export const messageOf = (error) =>
  error instanceof ApiError ? error.message : "Something went wrong in this page. Reload it and try again.";
