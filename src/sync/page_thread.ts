/*
 * The program of the I/O thread of a page's worker: requests go through the browser's fetch.
 */
import { startExchange } from "../transport/fetch.ts";
import { serveRequests } from "./io_worker.ts";
import type { WorkerStart } from "./thread.ts";

/** What the thread was started with; see `thread.ts`. */
declare const start: WorkerStart;

serveRequests(
  start,
  (request, attachments, settle, options) =>
    startExchange(request, attachments, { ...options, refuse() {} }, settle, options),
);
