// The comparison of two versions: filter and page its list of files.
import { connectChangeFolds } from "../change-fold.js";

connectChangeFolds(document);
