import { describe } from "../../errors.ts";
import type { WireRequest } from "../transport.ts";
import type { CrossingRequest } from "./protocol.ts";

/** From here on, copying once and handing the copy over is cheaper than a structured clone. */
const TRANSFER_BYTES = 64 * 1024;

/** A request that can cross, and what of it is handed over. */
export interface Crossing {
  readonly request: CrossingRequest;
  readonly transfer: readonly ArrayBuffer[];
  /** Whether JSON keeps it as it is. */
  readonly plain: boolean;
  /** The body that this thread pulls, chunk by chunk. */
  readonly pulled?: Iterator<Uint8Array> | undefined;
}

/**
 * Makes a request ready to cross. The caller keeps its own bytes.
 *
 * @throws {TypeError} Where an option cannot cross; the message names it.
 */
export function cross(request: WireRequest): Crossing {
  if (request.fetchOptions) {
    for (const [key, value] of Object.entries(request.fetchOptions)) {
      refuseUncloneable(request, `fetchOptions.${key}`, value);
    }
  }
  if (request.network) refuseUncloneable(request, "network", request.network);
  const { body } = request;
  const transfer: ArrayBuffer[] = [];
  const plain = request.fetchOptions === undefined && request.network === undefined;
  if (isIterable(body)) {
    const pulled = body[Symbol.iterator]();
    return { request: { ...request, body: "pulled" }, transfer, plain, pulled };
  }
  if (body === null) return { request: { ...request, body }, transfer, plain };
  if (body instanceof Uint8Array) {
    return { request: { ...request, body: crossingBytes(body, transfer) }, transfer, plain: false };
  }
  if (!isParts(body)) {
    throw new TypeError(
      `Cannot send ${
        describe(request, request.redact)
      } synchronously: a ReadableStream or AsyncIterable as body ` +
        "needs the async call",
    );
  }
  const crossing = body.map((part) => part instanceof Blob ? part : crossingBytes(part, transfer));
  return { request: { ...request, body: crossing }, transfer, plain: false };
}

/** The memory of bytes, of its own where that is handed over or where they are a part of it. */
export function crossingBytes(
  { buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer>,
  transfer: ArrayBuffer[],
): ArrayBuffer {
  if (byteLength === buffer.byteLength && byteLength < TRANSFER_BYTES) return buffer;
  const copy = buffer.slice(byteOffset, byteOffset + byteLength);
  transfer.push(copy);
  return copy;
}

function isIterable(body: WireRequest["body"]): body is Iterable<Uint8Array> {
  return body !== null && !(body instanceof Uint8Array) && !isParts(body) &&
    Symbol.iterator in body;
}

function isParts(body: unknown): body is readonly (Uint8Array<ArrayBuffer> | Blob)[] {
  return Array.isArray(body);
}

function refuseUncloneable(request: WireRequest, option: string, value: unknown): void {
  const found = uncloneable(value, option);
  if (found === undefined) return;
  throw new TypeError(
    `Cannot send ${
      describe(request, request.redact)
    } synchronously: "${found}" cannot cross to the worker thread`,
  );
}

/**
 * Returns the path of the first member that does not survive. Structured clone alone would not do:
 * it turns an instance of a class, such as an agent, into an empty object.
 */
function uncloneable(value: unknown, path: string, depth = 0): string | undefined {
  if (typeof value === "function" || typeof value === "symbol") return path;
  if (typeof value !== "object" || value === null) return undefined;
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value) || value instanceof Date) {
    return undefined;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null && !Array.isArray(value)) return path;
  if (depth > 16) return path;
  for (const [key, member] of Object.entries(value)) {
    const found = uncloneable(member, `${path}.${key}`, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}
