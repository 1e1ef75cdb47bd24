import type { CacheEntry, CacheStore } from "../cache_entry.ts";
import { assertHashes, hash } from "../hashes.ts";
import { type FileSystem, fileSystem, readWhole, writeWhole } from "./files.ts";
import { checkNames } from "../option_names.ts";

/** Options of {@linkcode fileStore}. */
export interface FileStoreOptions {
  /**
   * How many bytes the files take together; those used longest ago go first.
   *
   * @default {268435456}
   */
  maxBytes?: number | undefined;
}

const MAX_BYTES = 256 * 1024 * 1024;
const ENTRY = /^[0-9a-f]{64}$/;
const TEMPORARY = /\.tmp$/;
/** What a process left behind that ended while it wrote. */
const ABANDONED_MS = 60 * 60 * 1000;
const NEWLINE = 10;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * A store in a folder, which several programs may share: a file appears whole or not at all, and
 * one that was damaged is dropped. It is synchronous, so it works in both call styles, and keeps
 * its entries when the program ends. Needs Deno (`--allow-read`, `--allow-write`), Node or Bun.
 *
 * Only the user who runs the program can read the files; bodies are in them as they came.
 *
 * @param folder The path of the folder; it is made on the first use.
 * @param options How much it keeps.
 * @returns A store for `cache`.
 * @throws {TypeError} If the runtime has no files.
 * @throws {RangeError} If `maxBytes` is not a number above 0.
 *
 * @example Usage
 * ```ts
 * import { create } from "jsr:@ax/client";
 * import { cache, fileStore } from "jsr:@ax/client/plugins/cache";
 *
 * create().plugin(cache({ store: fileStore(".cache/http") }));
 * ```
 */
export function fileStore(folder: string, options: FileStoreOptions = {}): CacheStore {
  checkNames(options, ["maxBytes"], "fileStore()");
  const { maxBytes = MAX_BYTES } = options;
  if (!(maxBytes > 0)) {
    throw new RangeError(
      `Cannot make a store: "maxBytes" must be a number above 0, got ${maxBytes}`,
    );
  }
  assertHashes("fileStore()");
  return new FileStore(fileSystem("fileStore()"), folder, maxBytes);
}

class FileStore implements CacheStore {
  readonly sync = true;
  readonly #files: FileSystem;
  readonly #folder: string;
  readonly #maxBytes: number;
  /** What the folder may hold by now; counted anew when it passes the limit. */
  #bytes = Infinity;
  #written = 0;

  constructor(files: FileSystem, folder: string, maxBytes: number) {
    this.#files = files;
    this.#folder = folder;
    this.#maxBytes = maxBytes;
  }

  get(key: string): CacheEntry | undefined {
    const path = this.#path(key);
    const file = readWhole(this.#files, path);
    if (!file) return undefined;
    const entry = parseFile(file, key);
    if (!entry) {
      this.#files.rmSync(path, { force: true });
      return undefined;
    }
    this.#touch(path);
    return entry;
  }

  set(key: string, entry: CacheEntry): void {
    const file = writeFile(key, entry);
    if (file.byteLength > this.#maxBytes) return this.delete(key);
    this.#files.mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    writeWhole(this.#files, this.#path(key), file);
    this.#bytes += file.byteLength;
    this.#written++;
    // Other processes write too: now and then the folder is counted although it seems small.
    if (this.#bytes > this.#maxBytes || this.#written % 1000 === 0) this.#sweep();
  }

  delete(key: string): void {
    this.#files.rmSync(this.#path(key), { force: true });
  }

  #path(key: string): string {
    return `${this.#folder}/${hash(key)}`;
  }

  /** The time of the last use orders what goes first. */
  #touch(path: string): void {
    try {
      const seconds = Date.now() / 1000;
      this.#files.utimesSync(path, seconds, seconds);
    } catch {
      // Another process dropped it in the meantime; what was read is whole.
    }
  }

  #sweep(): void {
    const found = this.#files.readdirSync(this.#folder).flatMap((name) => {
      const path = `${this.#folder}/${name}`;
      const facts = this.#facts(path);
      if (facts && TEMPORARY.test(name) && Date.now() - facts.mtimeMs > ABANDONED_MS) {
        this.#files.rmSync(path, { force: true });
      }
      return facts && ENTRY.test(name) ? [{ path, ...facts }] : [];
    }).sort((a, b) => a.mtimeMs - b.mtimeMs);
    this.#bytes = found.reduce((sum, { size }) => sum + size, 0);
    if (this.#bytes <= this.#maxBytes) return;
    // Some room is made at once, so that not every entry from here on counts the folder.
    for (const { path, size } of found) {
      if (this.#bytes <= this.#maxBytes * 0.9) break;
      this.#files.rmSync(path, { force: true });
      this.#bytes -= size;
    }
  }

  #facts(path: string): { readonly size: number; readonly mtimeMs: number } | undefined {
    try {
      const { size, mtimeMs } = this.#files.statSync(path);
      return { size, mtimeMs };
    } catch {
      return undefined;
    }
  }
}

/** A line with a hash of the rest, a line with key and head, the body. */
function writeFile(key: string, { head, body, keepFor }: CacheEntry): Uint8Array<ArrayBuffer> {
  const line = encoder.encode(`${JSON.stringify({ key, head, keepFor })}\n`);
  const rest = new Uint8Array(line.byteLength + body.byteLength);
  rest.set(line);
  rest.set(body, line.byteLength);
  const first = encoder.encode(`${hash(rest)}\n`);
  const file = new Uint8Array(first.byteLength + rest.byteLength);
  file.set(first);
  file.set(rest, first.byteLength);
  return file;
}

function parseFile(file: Uint8Array<ArrayBuffer>, key: string): CacheEntry | undefined {
  const first = file.indexOf(NEWLINE);
  const rest = file.subarray(first + 1);
  if (first < 0 || decoder.decode(file.subarray(0, first)) !== hash(rest)) return undefined;
  const line = rest.indexOf(NEWLINE);
  const read = JSON.parse(decoder.decode(rest.subarray(0, line)));
  if (read.key !== key) return undefined;
  // A copy: what `node:fs` gives may be a part of a larger buffer.
  return { head: read.head, keepFor: read.keepFor, body: new Uint8Array(rest.subarray(line + 1)) };
}
