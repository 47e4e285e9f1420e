// The page of a shared link.
import { find } from "../dom.js";
import { connectFileList } from "../file-list.js";
import { connectFilePreviews } from "../file-previews.js";
import { connectTranscriptPanel } from "../transcript-panel.js";

connectFilePreviews(document);
connectFileList(find(document, "#files"));
connectTranscriptPanel(document);
