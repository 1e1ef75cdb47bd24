import type { BodySource, HttpResponse, Settle, Stop } from "../http/message.ts";
import type { Clock } from "../runtime/clock.ts";
import type { End, Flow, InvokeOperation, SendOperation, SettleOperation } from "./flow.ts";

/** Starts a flow in the scheduler at work, as the `next()` of an async function needs it. */
export type StartFlow = (flow: Flow<unknown>, end: End) => void;

/** What the scheduler needs of the outside. Each operation returns how to give it up. */
export interface Host {
  /** The clock of flows that bring none. */
  readonly clock: Clock;
  /** Monotonic milliseconds. */
  elapsed(): number;
  send(operation: SendOperation, settle: Settle<HttpResponse>): Stop;
  read(source: BodySource, settle: Settle<Uint8Array | undefined>): Stop;
  /** Runs an `async` user function, no longer than `timeoutMs` without the time in `next()`. */
  invoke(
    operation: InvokeOperation,
    timeoutMs: number | false,
    start: StartFlow,
    settle: Settle<unknown>,
  ): Stop;
  /** Takes the promise of a plain user function. */
  settle(operation: SettleOperation, settle: Settle<unknown>): Stop;
  /** Where this thread goes on meanwhile. */
  readonly loop?: Loop | undefined;
  /** Where it does not: blocks until something was settled, at most that many milliseconds. */
  block?(ms: number): void;
}

/** The event loop, as the scheduler uses it. */
export interface Loop {
  sleep(ms: number, clock: Clock, settle: Settle<void>): Stop;
  /** Calls back after some time; returns how to stop it. */
  after(ms: number, callback: () => void): () => void;
}
