/** What the test server remembers of each request. */

/** One request as the server saw it. */
export interface RecordedRequest {
  method: string;
  /** Path and query. */
  url: string;
  path: string;
  /** The `?key=` parameter or the `x-test-key` header, else `""`. */
  key: string;
  /** In the order of arrival, names in lower case. */
  headers: [name: string, value: string][];
  /** At most the first 16 MiB. */
  body: Uint8Array<ArrayBuffer>;
  /** The body as UTF-8. */
  text: string;
  /** All bytes of the body that arrived. */
  length: number;
  /** Bytes of a streamed response handed to the socket so far. */
  sent: number;
  /** The client's port: equal for requests that shared a connection. */
  peer: number;
  state: "open" | "answered" | "aborted";
  /** When it arrived, in ms since the epoch. */
  at: number;
}

const KEPT_BODY_BYTES = 16 * 1024 * 1024;

/** The list of requests, and the counters that stateful routes use. */
export class RequestLog {
  #records: RecordedRequest[] = [];
  #counters = new Map<string, number>();

  add(request: Request, url: URL, peer: number): RecordedRequest {
    const record: RecordedRequest = {
      method: request.method,
      url: url.pathname + url.search,
      path: url.pathname,
      key: url.searchParams.get("key") ?? request.headers.get("x-test-key") ?? "",
      headers: [...request.headers],
      body: new Uint8Array(),
      text: "",
      length: 0,
      sent: 0,
      peer,
      state: "open",
      at: performance.timeOrigin + performance.now(),
    };
    this.#records.push(record);
    return record;
  }

  list(key?: string): RecordedRequest[] {
    return this.#records.filter((record) => key === undefined || record.key === key);
  }

  count(state: RecordedRequest["state"], key?: string): number {
    return this.list(key).filter((record) => record.state === state).length;
  }

  /** Adds one to the counter of a route and key, and returns the new value. */
  increment(route: string, key: string): number {
    const name = `${key} ${route}`;
    const next = (this.#counters.get(name) ?? 0) + 1;
    this.#counters.set(name, next);
    return next;
  }

  /** Forgets requests and counters, those of one key or all. */
  reset(key?: string): void {
    this.#records = key === undefined ? [] : this.#records.filter((record) => record.key !== key);
    for (const name of [...this.#counters.keys()]) {
      if (key === undefined || name.startsWith(`${key} `)) this.#counters.delete(name);
    }
  }
}

/** Reads a request's body into its record, waiting `gapMs` after each chunk. */
export async function readInto(
  record: RecordedRequest,
  body: ReadableStream<Uint8Array> | null,
  gapMs: number,
): Promise<void> {
  const kept: Uint8Array<ArrayBuffer>[] = [];
  let keptBytes = 0;
  try {
    for await (const chunk of body ?? []) {
      record.length += chunk.length;
      if (keptBytes < KEPT_BODY_BYTES) {
        kept.push(chunk.slice(0, KEPT_BODY_BYTES - keptBytes));
        keptBytes += chunk.length;
      }
      if (gapMs > 0) await new Promise((resolve) => setTimeout(resolve, gapMs));
    }
  } finally {
    record.body = new Uint8Array(await new Blob(kept).arrayBuffer());
    record.text = new TextDecoder().decode(record.body);
  }
}
