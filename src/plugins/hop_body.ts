import type { Flow, Operation } from "../public.ts";

/** What a hop sends: nothing, bytes, something to be read first, or what can be read only once. */
export type HopBody =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "blob"; readonly blob: Blob }
  | { readonly kind: "stream" };

const EMPTY = new Uint8Array(0);

/** Tells what the `data` of a hop is; by what it can do, as it may be of another realm. */
export function hopBody(data: unknown): HopBody {
  if (data === undefined || data === null) return { kind: "bytes", bytes: EMPTY };
  if (typeof data === "string") return { kind: "bytes", bytes: new TextEncoder().encode(data) };
  if (ArrayBuffer.isView(data)) {
    const { buffer, byteOffset, byteLength } = data;
    return { kind: "bytes", bytes: new Uint8Array(buffer, byteOffset, byteLength) };
  }
  if (typeof (data as Partial<Blob>).arrayBuffer === "function") {
    return { kind: "blob", blob: data as Blob };
  }
  return { kind: "stream" };
}

/** The `call` of a flow, which a file that stays pure cannot import. */
type Call = (read: () => Promise<ArrayBuffer>) => Flow<ArrayBuffer>;

/**
 * Reads the body of a hop for a hash. A `Blob` only gives a promise, which a sync call cannot take:
 * `unreadable` makes the error for that and for a stream.
 */
export function* readHopBody(
  body: HopBody,
  call: Call,
  unreadable: (why: string, cause?: unknown) => Error,
): Generator<Operation, Uint8Array, unknown> {
  if (body.kind === "bytes") return body.bytes;
  if (body.kind === "stream") {
    throw unreadable("its body is a stream, which can be read only once; give bytes");
  }
  try {
    return new Uint8Array(yield* call(() => body.blob.arrayBuffer()));
  } catch (error) {
    if ((error as { code?: unknown } | null)?.code !== "AX_SYNC_BRIDGE") throw error;
    throw unreadable("its body is a Blob, which a sync call cannot read; give bytes", error);
  }
}
