/*
 * What crosses between the caller's thread and the I/O worker. Every command and every reply
 * carries the id of its send; one that comes for an id that is gone is dropped, never taken for
 * another's.
 */
import type { HttpRequest } from "../http/message.ts";
import type { Failure } from "../transport/failure.ts";
import type { ByteCount } from "../transport/progress.ts";

/** What a worker needs to start. */
export interface WorkerStart {
  /** The channel's memory. */
  readonly memory: SharedArrayBuffer;
  /** The memory of the caller's bell. */
  readonly bell: SharedArrayBuffer;
  /** The worker's end of the port; missing where it uses its own messages and the ring. */
  readonly port?: unknown;
  /** Whether this is the worker for user functions. */
  readonly user: boolean;
  /** What the program was called with; for the worker for user functions. */
  readonly argv?: readonly string[] | undefined;
}

/**
 * The body of a request on its way to the worker: `"pulled"` is asked for chunk by chunk. Bytes
 * cross as memory, since Deno walks through every element of a view that it receives.
 */
export type SerializedBody =
  | ArrayBuffer
  | readonly (ArrayBuffer | Blob)[]
  | "pulled"
  | null;

/** A request on its way to a worker. */
export interface SerializedRequest extends Omit<HttpRequest, "body"> {
  readonly body: SerializedBody;
}

/** A request with what only a structured clone keeps; a plain one is its text alone. */
export interface SendCommand
  extends Pick<SerializedRequest, "body" | "network" | "fetchOptions" | "redact" | "progress"> {
  readonly type: "send";
  /** See `textOf` in `serialize.ts`. */
  readonly text: string;
}

/** From the caller to the worker. */
export type Command =
  | SendCommand
  | { readonly type: "cancel"; readonly id: number }
  /** The next chunk of a pulled request body, `undefined` at its end. */
  | { readonly type: "part"; readonly id: number; readonly chunk: ArrayBuffer | undefined }
  /** So much of a streamed response was consumed. */
  | {
    readonly type: "credit";
    readonly id: number;
    readonly chunks: number;
    readonly bytes: number;
  }
  /** The ring has room again. */
  | { readonly type: "room" }
  | { readonly type: "warm" }
  | { readonly type: "ping" }
  | { readonly type: "stop" };

/**
 * A response: id, status, its text, the URL where it is not the request's, "1" where it was
 * redirected, "1" where its body comes in chunks, why its body could not be read (JSON); then names
 * and values of its headers. What is as usual is empty. Its bytes come with the message.
 */
export type ResponseTexts = readonly [
  id: string,
  status: string,
  statusText: string,
  url: string,
  redirected: string,
  stream: string,
  failure: string,
  ...headers: string[],
];

/** How many of its texts stand before the headers. */
export const RESPONSE_TEXTS = 7;

/** From the worker to the caller. */
export type Reply =
  | ResponseTexts
  /** It failed; what was thrown crosses as `toWire` makes it. */
  | { readonly type: "failure"; readonly id: number; readonly failure: Failure }
  | { readonly type: "progress"; readonly id: number; readonly bytes: ByteCount }
  /** A chunk of a streamed response; its bytes come with the message. */
  | { readonly type: "chunk"; readonly id: number }
  | { readonly type: "end"; readonly id: number }
  /** So many more chunks of the request body are wanted. */
  | { readonly type: "pull"; readonly id: number; readonly chunks: number };

/** Whether a reply is a response. */
export function isResponse(reply: Reply): reply is ResponseTexts {
  return Array.isArray(reply);
}

/** How many chunks of a streamed response may be under way. */
export const WINDOW_CHUNKS = 8;
/** How many bytes of a streamed response may be under way. */
export const WINDOW_BYTES: number = 512 * 1024;
/** How many chunks of a request body may be under way. */
export const PULL_CHUNKS = 4;
