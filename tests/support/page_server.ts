/** A server in a thread of its own that answers as the public ones in the README's examples do. */

import { openLink } from "./worker_link.ts";

/** Questions that the server's worker answers. */
export interface PageServerOps {
  port: number;
}

/** A running server. */
export interface PageServer extends Disposable {
  /** Without a trailing slash. */
  readonly origin: string;
}

/** Starts the server. */
export async function startPageServer(): Promise<PageServer> {
  const link = openLink<PageServerOps>(new URL("./page_server_worker.ts", import.meta.url));
  return {
    origin: `http://127.0.0.1:${await link.ask("port")}`,
    [Symbol.dispose]: link.terminate,
  };
}
