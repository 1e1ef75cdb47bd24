/** What gives its bytes without waiting, such as a `Deno.FsFile`. */
export interface SyncReader {
  /**
   * Reads the next bytes into a buffer.
   *
   * @param buffer Where they go.
   * @returns How many they are, `null` at the end.
   */
  readSync(buffer: Uint8Array): number | null;
}

const CHUNK_BYTES = 128 * 1024;
/** A reader in the manner of Node answers 0 at its end, for ever. */
const MAX_EMPTY_READS = 100;

/** Whether a value is a {@linkcode SyncReader}. */
export function isSyncReader(value: object): value is SyncReader {
  return "readSync" in value && typeof value.readSync === "function";
}

/** The bytes of a reader, read as they are asked for. */
export function* readerChunks(reader: SyncReader): Generator<Uint8Array<ArrayBuffer>> {
  for (let empty = 0; empty < MAX_EMPTY_READS;) {
    const buffer = new Uint8Array(CHUNK_BYTES);
    const size = reader.readSync(buffer);
    if (size === null) return;
    empty = size > 0 ? 0 : empty + 1;
    if (size > 0) yield buffer.subarray(0, size);
  }
  throw new TypeError(
    `Cannot send "data": its "readSync" gave 0 bytes again and again, return null at the end`,
  );
}
