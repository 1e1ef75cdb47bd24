import type { Interruption } from "../flow/drive_async.ts";
import type { ChunkSource } from "../http/received.ts";
import type { Outcome } from "../transport/transport.ts";

/** A streamed body that is read with `await`. */
export class AsyncSource implements ChunkSource {
  readonly read: (signal: Interruption) => Promise<Uint8Array | undefined>;
  readonly close: () => void;

  constructor(read: (signal: Interruption) => Promise<Uint8Array | undefined>, close: () => void) {
    this.read = read;
    this.close = close;
  }
}

/** A streamed body that is read while this thread blocks. */
export class SyncSource implements ChunkSource {
  readonly read: (settle: (outcome: Outcome<Uint8Array | undefined>) => void) => () => void;
  readonly close: () => void;

  constructor(
    read: (settle: (outcome: Outcome<Uint8Array | undefined>) => void) => () => void,
    close: () => void,
  ) {
    this.read = read;
    this.close = close;
  }
}
