/** Starts to watch before a static import that follows this one. */
import { watch } from "./watch.mjs";

export const watching = watch();
