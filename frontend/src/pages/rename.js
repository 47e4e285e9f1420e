// The page that renames a session: its form works without this script, which checks the name while it is typed.
import { find } from "../dom.js";
import { connectNameCheck } from "../name-check.js";

connectNameCheck(find(document, "#name", HTMLInputElement));
