/** A streamed body below the pipeline. Read it by the `read` operation of a flow. */
export interface ChunkSource {
  /** Gives the body up and frees its connection; harmless when it has ended. */
  close(): void;
}

/** What came back for one request: a whole body, or where to read it from. */
export interface Received {
  readonly status: number;
  readonly statusText: string;
  /** The URL that answered. */
  readonly url: string;
  /** Whether the runtime followed redirects itself. */
  readonly redirected: boolean;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer> | ChunkSource | null;
}

/** Whether a body is still to be read. */
export function isChunkSource(body: Received["body"]): body is ChunkSource {
  return body !== null && !(body instanceof Uint8Array);
}
