/*
 * The source of both workers of a thread: they share most of what they are made of, and the
 * package carries it once. Which of them a thread is, its start says.
 */
import { serveRequests } from "../sync/io_worker.ts";
import type { WorkerStart } from "../sync/protocol.ts";
import { startExchange } from "../transport/fetch.ts";
import { native } from "../transport/native.ts";

/** What the thread was started with; see `sync/thread.ts`. */
declare const start: WorkerStart;

if (!start.user) {
  serveRequests(start, (request, attachments, settle, options) =>
    startExchange(request, attachments, native, settle, options));
}
