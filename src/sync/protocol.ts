/*
 * What crosses between the caller's thread and the I/O worker. Every command and every reply
 * carries the id of its send; one that comes for an id that is gone is dropped, never taken for
 * another's.
 */
import type { HeaderPairs, HttpRequest } from "../http/message.ts";
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

/** A request on its way to the worker. */
export interface SerializedRequest extends Omit<HttpRequest, "body"> {
  readonly body: SerializedBody;
}

/** From the caller to the worker. */
export type Command =
  | { readonly type: "send"; readonly id: number; readonly request: SerializedRequest }
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
 * A response: its bytes come with the message, a stream's come later. What is as usual stays away,
 * since the blocked thread has to read it.
 */
export interface SerializedResponse {
  readonly type: "response";
  readonly id: number;
  readonly status: number;
  readonly statusText: string;
  readonly headers: HeaderPairs;
  /** Where it is not the request's. */
  readonly url?: string | undefined;
  readonly redirected?: true | undefined;
  readonly stream?: true | undefined;
  /** Why its body could not be read. */
  readonly failure?: Failure | undefined;
}

/** From the worker to the caller. */
export type Reply =
  | SerializedResponse
  /** It failed; what was thrown crosses as `toWire` makes it. */
  | { readonly type: "failure"; readonly id: number; readonly failure: Failure }
  | { readonly type: "progress"; readonly id: number; readonly bytes: ByteCount }
  /** A chunk of a streamed response; its bytes come with the message. */
  | { readonly type: "chunk"; readonly id: number }
  | { readonly type: "end"; readonly id: number }
  /** So many more chunks of the request body are wanted. */
  | { readonly type: "pull"; readonly id: number; readonly chunks: number };

/** How many chunks of a streamed response may be under way. */
export const WINDOW_CHUNKS = 8;
/** How many bytes of a streamed response may be under way. */
export const WINDOW_BYTES: number = 512 * 1024;
/** How many chunks of a request body may be under way. */
export const PULL_CHUNKS = 4;
