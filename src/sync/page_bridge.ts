/*
 * What `warmSync()` loads in a page's worker: the bridge, and the program of its thread.
 */
import { page } from "../transport/page.ts";
import { Bridge } from "./bridge.ts";
import { WORKER_SOURCE } from "./page_worker_source.ts";
import { pageThreads } from "./thread.ts";
import { threadWaiter } from "./link.ts";

/** Makes the bridge of this thread, to a worker that sends with the fetch of a browser. */
export function pageBridge(): Bridge {
  return new Bridge({
    ...{ runtime: page, source: WORKER_SOURCE, threads: pageThreads, waiter: threadWaiter },
  });
}
