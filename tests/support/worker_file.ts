/**
 * What the worker of sync calls starts from: the embedded source, or the file where the lines that
 * it runs are counted (see `scripts/coverage.ts`).
 */

import { bridgePort } from "../../src/full.ts";
import { WORKER_SOURCE } from "../../src/sync/worker_source.ts";

const counted = Deno.env.get("AX_WORKER_FILE") === "1";

/** The source of the I/O worker, or the URL of its module. */
export const IO_WORKER: string | URL = counted
  ? new URL("../../src/sync/io_thread.ts", import.meta.url)
  : WORKER_SOURCE;

// Before the first client of this thread asks for it.
if (counted) bridgePort(IO_WORKER);
