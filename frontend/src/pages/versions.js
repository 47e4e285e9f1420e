// Pages that list versions or their changes.
import { connectChangeFolds } from "../change-fold.js";

connectChangeFolds(document);
