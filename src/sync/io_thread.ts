/*
 * The program of the I/O thread: requests go through the fetch of Deno, Node and Bun.
 */
import { startExchange } from "../transport/fetch.ts";
import { native } from "../transport/native.ts";
import { serveRequests } from "./io_worker.ts";
import type { WorkerStart } from "./thread.ts";

/** What the thread was started with; see `thread.ts`. */
declare const start: WorkerStart;

if (!start.user) {
  serveRequests(
    start,
    (request, attachments, settle, options) =>
      startExchange(request, attachments, native, settle, options),
  );
}
