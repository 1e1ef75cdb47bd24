/*
 * The way of an async function in a sync call: the caller finds it (`twin.ts`), makes forms of its
 * arguments (`mirror.ts`, of `values.ts`) and posts them (`protocol.ts`) to the worker, which makes
 * values of them again (`worker_mirror.ts`) and runs it (`worker.ts`).
 */
import { ERROR_CLASSES, SyncBridgeError, TimeoutError } from "../errors.ts";
import { type AsyncFunctions, type Identity, nameOf } from "../flow/user_function.ts";
import { type CallSite, type Flow, LazyFlow, type UserFunction } from "../flow/flow.ts";
import { RESPONSE_ERRORS } from "../http/answer.ts";
import { isOneShot, type Outcome, type Settle, type Stop } from "../http/message.ts";
import { messageOf } from "../http/pairs.ts";
import { AxResponse, type ResponseInit } from "../http/response.ts";
import { describe } from "../mask.ts";
import { elapsed, realClock } from "../runtime/clock.ts";
import { Link, threadWaiter, type Waiter } from "../sync/link.ts";
import { serialize, type Serialized } from "../sync/serialize.ts";
import { anyThreads as threads } from "../sync/thread.ts";
import { native } from "../transport/native.ts";
import { progressListener, type ReportBytes } from "../transport/progress.ts";
import { type Kit, Mirror } from "./mirror.ts";
import type { Fetched, Target, Told, UserCommand, UserReply } from "./protocol.ts";
import { blockingGuard, identify, loadingGuard, targetOf } from "./twin.ts";
import { WORKER_SOURCE } from "./worker_source.ts";

/** How long a worker may take for a sign of life after a function ran out of time. */
const SUSPECT_MS = 1000;
/** How long a worker may take to start and to load a module before its function begins. */
const LOAD_MS = 30_000;
/** An exchange has its own limit in time; this one is for a function that never lets it. */
const FETCH_GRACE_MS = 500;

const FETCH: CallSite = { role: '"fetch"' };

/** A response that was made in another thread. */
class MirroredResponse extends AxResponse {
  constructor(init: Omit<ResponseInit<unknown>, "errors">) {
    super({ ...init, errors: RESPONSE_ERRORS } satisfies ResponseInit<unknown> as never);
  }
}

/** The classes of this copy of the package. */
export const KIT: Kit = { Response: MirroredResponse, errors: ERROR_CLASSES };

/** One async function to run. */
export interface UserCall {
  readonly target: Target;
  /** The function in messages: `middleware 2 "audit"`. */
  readonly role: string;
  readonly args: readonly unknown[];
  /** Milliseconds that it may take, time in `next()` not counted. */
  readonly timeoutMs: number | false;
  /** Runs the rest of the chain, of middleware; the request is what the function handed on. */
  readonly next?: ((request: unknown, end: Settle<unknown>) => void) | undefined;
  /** Sent with the function as its `fetch`; then there are no arguments. */
  readonly request?: Serialized | undefined;
  readonly report?: ReportBytes | undefined;
  settle(this: void, outcome: Outcome<unknown>): void;
}

/** A function at work. */
interface Session extends UserCall {
  readonly id: number;
  readonly mirror: Mirror;
  /** Whether it runs: what it needs has loaded. */
  begun: boolean;
  /** When it is given up, see `elapsed`; never while a `next()` of it is under way. */
  due: number;
  nexts: number;
  /** The milliseconds that it has after them. */
  leftMs: number;
}

/** The functions of one thread that run while it blocks, and the worker that runs them. */
export class FunctionCaller implements AsyncFunctions {
  readonly loadingGuard = loadingGuard;
  readonly blockingGuard = blockingGuard;
  readonly #waiter: () => Waiter;
  readonly #sessions = new Map<number, Session>();
  /** The modules that the worker has loaded. */
  readonly #loaded = new Set<string>();
  #link: Link<UserCommand, UserReply> | undefined;
  #ids = 0;
  #suspect: number | undefined;

  constructor(waiter: () => Waiter = threadWaiter) {
    this.#waiter = waiter;
  }

  identify(module: string): Identity {
    return identify(module, KIT);
  }

  readonly invoke: AsyncFunctions["invoke"] = ({ fn, args, site }, timeoutMs, start, settle) => {
    const next = site.role === "middleware" ? args[1] as UserFunction : undefined;
    return this.run({
      target: targetOf(fn, site),
      role: nameOf(fn, site),
      args: next ? args.slice(0, 1) : args,
      timeoutMs,
      next: next &&
        ((request, end) => start(new LazyFlow(() => next(request) as Flow<unknown>), end)),
      settle,
    });
  };

  readonly send: AsyncFunctions["send"] = (request, attachments, settle) => {
    const { stream, body, timeoutMs, ...rest } = request;
    if (stream || isOneShot(body)) {
      const what = stream ? "a streamed response" : "a streamed body";
      throw new SyncBridgeError(
        `Cannot send ${describe(request)} synchronously: ${what} does not go through a custom ` +
          `"fetch" in a sync call; give a "transport" with "sendSync" instead`,
        { request: rest },
      );
    }
    native.refuse(request, true);
    const fetch = attachments.fetch as UserFunction;
    return this.run({
      target: targetOf(fetch, FETCH),
      role: nameOf(fetch, FETCH),
      args: [],
      request: serialize(request),
      report: progressListener(attachments, request),
      timeoutMs: timeoutMs === false ? false : timeoutMs + FETCH_GRACE_MS,
      settle(outcome) {
        if (!outcome.ok) return settle(outcome);
        const { response, failure } = outcome.value as Fetched;
        const error = failure && native.explain(request, failure);
        if (!response) return settle({ ok: false, error });
        settle({ ok: true, value: failure ? { ...response, failure: error } : response });
      },
    });
  };

  /** Runs a function; returns how to give it up. */
  run(call: UserCall): Stop {
    this.#dropIfStuck();
    const { target, role, next, request } = call;
    const id = this.#ids = (this.#ids + 1) | 0;
    const mirror = new Mirror(KIT);
    const args = call.args.map((arg, index) => {
      const form = mirror.encode(arg);
      if (form.t !== "kept") return form;
      throw new SyncBridgeError(
        `Cannot run ${role} in a sync call: its argument ${index + 1} is ${form.what}, which ` +
          `stays with the calling thread; write it as a generator to use it`,
      );
    });
    const facts = { target, role, request: request?.request, args, next: next !== undefined };
    try {
      this.#link ??= this.#start();
      this.#link.post({ type: "invoke", id, ...facts }, request?.transfer);
    } catch (cause) {
      throw cannotRun(role, cause);
    }
    const begun = this.#loaded.has(homeOf(target));
    const session = { ...call, id, mirror, begun, due: Infinity, nexts: 0, leftMs: 0 };
    this.#sessions.set(id, session);
    this.#limit(session, limitOf(session));
    return () => this.#giveUp(session);
  }

  /** Ends the worker: it may hold timers of the user's. */
  stop(): void {
    this.#link?.terminate("was stopped with the last client");
  }

  #start(): Link<UserCommand, UserReply> {
    return new Link<UserCommand, UserReply>({
      threads,
      waiter: this.#waiter(),
      source: WORKER_SOURCE,
      name: "ax-client-user",
      user: true,
      receive: ({ message }) => this.#receive(message),
      lost: (reason, cause) => this.#lost(reason, cause),
      expecting: () => this.#sessions.size > 0,
      expire: () => this.#expire(),
    });
  }

  #limit(session: Session, ms: number): void {
    session.due = elapsed() + ms;
    if (this.#link) this.#link.due = Math.min(this.#link.due, session.due);
  }

  /** Ends the functions that have run out of time; whether there was one. */
  #expire(): boolean {
    const now = elapsed();
    const late = [...this.#sessions.values()].filter(({ due }) => due <= now);
    for (const session of late) this.#fail(session, lateError(session, this.#link?.ready));
    const due = Array.from(this.#sessions.values(), (session) => session.due);
    if (this.#link) this.#link.due = Math.min(...due);
    return late.length > 0;
  }

  #giveUp({ id }: Session): void {
    if (!this.#sessions.delete(id) || !this.#link) return;
    this.#link.post({ type: "abandon", id });
    // A function that loops for ever holds the thread: the next one looks whether it answers.
    this.#suspect ??= this.#link.aliveCount;
    this.#link.post({ type: "ping" });
  }

  #dropIfStuck(): void {
    if (this.#suspect === undefined || !this.#link) return;
    const end = elapsed() + SUSPECT_MS;
    while (this.#link.aliveCount === this.#suspect && elapsed() < end) realClock.sleepSync(2);
    const stuck = this.#link.aliveCount === this.#suspect;
    this.#suspect = undefined;
    if (stuck) this.#link.terminate("was stuck in a function that never ended");
  }

  #lost(reason: string, cause: unknown): void {
    this.#link = undefined;
    this.#suspect = undefined;
    this.#loaded.clear();
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    for (const { role, settle } of sessions) {
      const message = `Cannot run ${role} in a sync call: the worker thread ${reason}; the next ` +
        `call starts a new one`;
      settle({ ok: false, error: new SyncBridgeError(message, { cause }) });
    }
    this.#waiter().ring();
  }

  #receive(message: UserReply): void {
    const { id } = message;
    const session = this.#sessions.get(id);
    if (!session) return;
    const { mirror } = session;
    switch (message.type) {
      case "begun":
        this.#loaded.add(homeOf(session.target));
        session.begun = true;
        return this.#limit(session, limitOf(session));
      case "done":
        this.#sessions.delete(id);
        return session.settle(mirror.hear(message));
      case "ask": {
        const answer = mirror.read(message.root, message.what);
        return this.#tell(session, { type: "answer", id, ...answer });
      }
      case "progress":
        try {
          return session.report?.(message.bytes);
        } catch (error) {
          return this.#fail(session, error);
        }
      case "next":
        return this.#next(session, message);
    }
  }

  /** Runs the rest of the chain. */
  #next(session: Session, { next, ...told }: Told & { readonly next: number }): void {
    const { id, mirror } = session;
    if (session.nexts++ === 0) {
      session.leftMs = session.due - elapsed();
      session.due = Infinity;
    }
    const end = (outcome: Outcome<unknown>): void => {
      if (--session.nexts === 0) this.#limit(session, session.leftMs);
      this.#tell(session, { type: "result", id, next, ...mirror.tell(outcome) });
    };
    // The rest of the chain may change what both sides know as well.
    const request = mirror.hear(told, true);
    if (request.ok) session.next?.(request.value, end);
    else end(request);
  }

  #tell(session: Session, command: UserCommand): void {
    if (!this.#sessions.has(session.id)) return;
    try {
      this.#link?.post(command);
    } catch (cause) {
      this.#fail(session, cannotRun(session.role, cause));
    }
  }

  #fail(session: Session, error: unknown): void {
    this.#giveUp(session);
    session.settle({ ok: false, error });
  }
}

/** What has to be loaded before a function can begin. */
function homeOf(target: Target): string {
  return target.kind === "twin" ? target.module : "";
}

/** Milliseconds until a function has to end, or to begin. */
function limitOf({ timeoutMs, begun }: Session): number {
  const ms = timeoutMs === false ? Infinity : timeoutMs;
  return begun ? ms : Math.max(ms, LOAD_MS);
}

/** The error of a function that has run out of time; `started` is whether its thread has. */
function lateError(session: Session, started: boolean | undefined): TimeoutError {
  const { begun, role, target } = session;
  const home = homeOf(target);
  const when = `${begun ? "end" : "begin"} within ${limitOf(session)} ms in a sync call`;
  const why = started
    ? home && `: module "${home}" has not loaded`
    : ": its worker thread has not started";
  return new TimeoutError(`Timed out: ${role} did not ${when}${begun ? "" : why}`, {
    phase: "function",
  });
}

/** The error where there is no thread to be had, or something cannot be cloned. */
function cannotRun(role: string, cause: unknown): SyncBridgeError {
  return new SyncBridgeError(
    `Cannot run ${role} in a sync call: it cannot be handed to a worker thread: ${
      messageOf(cause)
    }`,
    { cause },
  );
}
