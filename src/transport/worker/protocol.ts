/*
 * What crosses between the caller's thread and the I/O worker. Every command and every reply
 * carries the id of its send; one that comes for an id that is gone is dropped, never taken for
 * another's.
 */
import type { WireProgress, WireRequest, WireResponse } from "../transport.ts";
import type { WireError } from "./wire_error.ts";

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
 * A body in the form that crosses: `"pulled"` is asked for chunk by chunk. Bytes cross as memory,
 * since Deno walks through every element of a view that it receives.
 */
export type CrossingBody =
  | ArrayBuffer
  | readonly (ArrayBuffer | Blob)[]
  | "pulled"
  | null;

/** A request in the form that crosses. */
export interface CrossingRequest extends Omit<WireRequest, "body"> {
  readonly body: CrossingBody;
}

/** From the caller to the worker. */
export type Command =
  | { readonly type: "send"; readonly id: number; readonly request: CrossingRequest }
  | { readonly type: "cancel"; readonly id: number; readonly reason?: string | undefined }
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

/** What a response carries besides: its bytes come with the message, a stream's come later. */
export type CrossingResponse = Omit<WireResponse<unknown>, "body">;

/** From the worker to the caller. */
export type Reply =
  | {
    readonly type: "response";
    readonly id: number;
    readonly response: CrossingResponse;
    readonly stream: boolean;
  }
  | { readonly type: "error"; readonly id: number; readonly error: WireError }
  | { readonly type: "progress"; readonly id: number; readonly progress: WireProgress }
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
