/** The part of a stream of `node:zlib` that is used. */
export interface ZlibStream {
  write(chunk: Uint8Array): boolean;
  end(): void;
  pause(): void;
  resume(): void;
  destroy(): void;
  on(event: "data", listener: (chunk: Uint8Array) => void): unknown;
  on(event: "error", listener: (error: unknown) => void): unknown;
  on(event: "end" | "drain", listener: () => void): unknown;
}

type Make = (options: ZlibOptions) => ZlibStream;

/** The part of the options of `node:zlib` that is used. */
export interface ZlibOptions {
  readonly flush?: number | undefined;
  readonly finishFlush?: number | undefined;
  readonly params?: Readonly<Record<number, number>> | undefined;
}

/** The part of `node:zlib` that is used. */
export interface Zlib {
  readonly createGunzip: Make;
  readonly createInflate: Make;
  readonly createInflateRaw: Make;
  readonly createBrotliDecompress: Make;
  /** Node 22.15, 23.8 and newer. */
  readonly createZstdDecompress?: Make | undefined;
  readonly constants: Readonly<Record<string, number>>;
}

interface Realm {
  readonly process?: { readonly getBuiltinModule?: (name: string) => unknown };
}

let zlib: Zlib | null | undefined;

/** The module `node:zlib`, without a static import that a browser could not resolve. */
export function nodeZlib(): Zlib | undefined {
  const load = (globalThis as Realm).process?.getBuiltinModule;
  zlib ??= load?.("node:zlib") as Zlib | undefined ?? null;
  return zlib ?? undefined;
}

/**
 * What undoes a content coding; `undefined` where there is nothing.
 *
 * @param coding Its name; `raw` is `deflate` without the wrapper of zlib.
 * @param partial Whether the end may be missing.
 */
export function zlibDecoder(coding: string, partial: boolean): ZlibStream | undefined {
  const zlib = nodeZlib();
  if (!zlib) return undefined;
  const { constants } = zlib;
  // What is there so far is handed on at once. Only of a part the end may be missing.
  const flush = constants.Z_SYNC_FLUSH;
  const options = { flush, ...partial && { finishFlush: flush } };
  switch (coding) {
    case "gzip":
    case "x-gzip":
      return zlib.createGunzip(options);
    case "deflate":
      return zlib.createInflate(options);
    case "raw":
      return zlib.createInflateRaw(options);
    case "br": {
      const flush = constants.BROTLI_OPERATION_FLUSH;
      return zlib.createBrotliDecompress({ flush, ...partial && { finishFlush: flush } });
    }
    case "zstd": {
      const { ZSTD_e_continue: flush, ZSTD_d_windowLogMax: window } = constants;
      // RFC 9659: a larger window is none of HTTP.
      const params = window === undefined ? undefined : { [window]: 23 };
      return zlib.createZstdDecompress?.({ flush, ...partial && { finishFlush: flush }, params });
    }
  }
  return undefined;
}
