/**
 * The HTTP server of the tests. It runs in a worker of its own, since a blocked thread cannot
 * answer its own request. Routes: `server_routes.ts`, `server_state.ts`, `server_streams.ts`.
 *
 * Every route understands `?key=` (or an `x-test-key` header: which requests belong together),
 * `?unread` (answer without reading the body) and `?read-gap=ms` (read the body slowly).
 */

import type { RecordedRequest } from "./server_records.ts";
import { closing, openLink, type WorkerLink } from "./worker_link.ts";

export type { RecordedRequest } from "./server_records.ts";
export { CHARSET_SAMPLES, CHARSET_TEXT, isPattern, patternBytes } from "./server_bytes.ts";

/** Questions that the server's worker answers. */
export interface ServerOps {
  port: number;
  requests: RecordedRequest[];
  open: number;
  aborted: number;
  reset: void;
  close: void;
}

/** A running test server; with a `key`, a question is about the requests that carry it. */
export interface TestServer extends AsyncDisposable {
  /** Without a trailing slash. */
  readonly url: string;
  readonly port: number;
  /** What was received, in order. */
  requests(key?: string): Promise<RecordedRequest[]>;
  /** Requests received and neither answered nor aborted. */
  open(key?: string): Promise<number>;
  /** Requests whose client went away before the answer was complete. */
  aborted(key?: string): Promise<number>;
  /** Forgets requests and counters, also those in flight. */
  reset(key?: string): Promise<void>;
  close(): Promise<void>;
}

/** Starts a server on a free port of 127.0.0.1. A second origin is simply a second server. */
export async function startServer(): Promise<TestServer> {
  const link = openLink<ServerOps>(new URL("./server_worker.ts", import.meta.url));
  const port = await link.ask("port");
  return asServer(link, port);
}

function asServer(link: WorkerLink<ServerOps>, port: number): TestServer {
  const close = closing(link);
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests: (key) => link.ask("requests", key),
    open: (key) => link.ask("open", key),
    aborted: (key) => link.ask("aborted", key),
    reset: (key) => link.ask("reset", key),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** A server for all tests of a file: starts before the first one, ends after the last. */
export function sharedServer(): TestServer {
  return shared(startServer);
}

/** Binds a server to the test file that calls it; what is returned may be read once it has started. */
export function shared<S extends { close(): Promise<void> }>(start: () => Promise<S>): S {
  let server: S | undefined;
  Deno.test.beforeAll(async () => {
    server = await start();
  });
  Deno.test.afterAll(async () => {
    await server?.close();
    server = undefined;
  });
  return new Proxy({} as S, {
    get(_, name) {
      if (server === undefined) throw new Error("The shared test server runs only inside tests");
      return Reflect.get(server, name);
    },
  });
}

/** Asks again until the answer is accepted; on time-out throws with the last answer. */
export async function eventually<T>(
  probe: () => T | Promise<T>,
  accept: (value: T) => boolean,
  timeoutMs = 3_000,
): Promise<T> {
  const end = performance.now() + timeoutMs;
  while (true) {
    const value = await probe();
    if (accept(value)) return value;
    if (performance.now() > end) {
      throw new Error(`Still not true after ${timeoutMs} ms: ${Deno.inspect(value)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
