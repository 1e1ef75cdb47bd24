import { describe } from "../mask.ts";
import { SyncBridgeError } from "../errors.ts";
import type { AsyncFunctions } from "../flow/async_functions.ts";
import { type CallSite, type Flow, LazyFlow, type UserFunction } from "../flow/flow.ts";
import { nameOf, refuseAsync } from "../flow/user_function.ts";
import { type HttpRequest, type HttpResponse, isOneShot, type Outcome } from "../http/message.ts";
import { mayRead } from "../runtime/permissions.ts";
import { startsWhileBlocked } from "../runtime/threads.ts";
import { elapsed, realClock } from "../runtime/clock.ts";
import type { Received } from "../sync/channel.ts";
import { Link } from "../sync/link.ts";
import { threadWaiter, type Waiter } from "../sync/waiter.ts";
import { serialize } from "../sync/serialize.ts";
import { WORKER_SOURCE } from "./worker_source.ts";
import type { Explain } from "../transport/failure.ts";
import type { Runtime } from "../transport/fetch.ts";
import { native } from "../transport/native.ts";
import { progressListener } from "../transport/progress.ts";
import { portableSource } from "./portable.ts";
import type { Fetched, Target, UserCommand, UserReply } from "./protocol.ts";
import { KIT, Session, type UserCall } from "./session.ts";
import { blockingGuard, identify, loadingGuard, twinOf } from "./twin.ts";

/** How long a worker may take for a sign of life after a function ran out of time. */
const SUSPECT_MS = 250;

/** An exchange has its own limit in time; this one is for a function that never lets it. */
const FETCH_GRACE_MS = 500;

const FETCH: CallSite = { role: '"fetch"' };

/** The functions of one thread that run while it blocks, and the worker that runs them. */
export class FunctionCaller {
  readonly #source: string | URL;
  readonly #waiter: () => Waiter;
  readonly #sessions = new Map<number, Session>();
  /** The modules that the worker has loaded. */
  readonly #loaded = new Set<string>();
  #link: Link<UserCommand, UserReply> | undefined;
  #ids = 0;
  #suspect: number | undefined;

  constructor(waiter: () => Waiter, source: string | URL = WORKER_SOURCE) {
    this.#waiter = waiter;
    this.#source = source;
  }

  /** Runs a function; returns how to give it up. */
  run(call: UserCall): () => void {
    this.#dropIfStuck();
    const id = this.#ids = (this.#ids + 1) | 0;
    const session = new Session(call, this.#loaded.has(homeOf(call.target)));
    const command = session.command(id);
    const link = this.#link ??= this.#start();
    link.post(command, call.request?.transfer);
    this.#sessions.set(id, session);
    return () => this.#giveUp(id);
  }

  /** Milliseconds until the first function runs out of time. */
  remaining(): number {
    let least = Infinity;
    for (const session of this.#sessions.values()) least = Math.min(least, session.remaining());
    return least;
  }

  /** Ends the functions that have run out of time. */
  expire(): void {
    for (const [id, session] of [...this.#sessions]) {
      if (session.remaining() > 0) continue;
      this.#giveUp(id);
      session.call.settle({ ok: false, error: session.late(this.#link?.ready ?? false) });
    }
  }

  /** Ends the worker: it may hold timers of the user's. */
  stop(): void {
    this.#link?.terminate("was stopped with the last client");
  }

  #start(): Link<UserCommand, UserReply> {
    return new Link<UserCommand, UserReply>({
      waiter: this.#waiter(),
      source: this.#source,
      name: "ax-client-user",
      user: true,
      receive: (received) => this.#receive(received),
      lost: (reason, cause) => this.#lost(reason, cause),
      expecting: () => this.#sessions.size > 0,
    });
  }

  #giveUp(id: number): void {
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
    for (const [id, { call }] of [...this.#sessions]) {
      this.#sessions.delete(id);
      const message = `Cannot run ${call.role} in a sync call: the worker thread ${reason}; ` +
        `the next call starts a new one`;
      call.settle({ ok: false, error: new SyncBridgeError(message, { cause }) });
    }
    this.#waiter().ring();
  }

  #receive({ message }: Received<UserReply>): void {
    const { id } = message;
    const session = this.#sessions.get(id);
    if (!session) return;
    const { call } = session;
    switch (message.type) {
      case "begun":
        this.#loaded.add(homeOf(call.target));
        return session.begun();
      case "done":
        this.#sessions.delete(id);
        return session.done(message);
      case "ask":
        return this.#link?.post({
          type: "answer",
          id,
          ...session.answer(message.root, message.what),
        });
      case "progress":
        try {
          return call.report?.(message.bytes);
        } catch (error) {
          this.#giveUp(id);
          return call.settle({ ok: false, error });
        }
      case "next":
        session.next(message, (told) => {
          const { next } = message;
          if (this.#sessions.has(id)) this.#link?.post({ type: "result", id, next, ...told });
        });
    }
  }
}

/** What has to be loaded before a function can begin. */
function homeOf(target: Target): string {
  return target.kind === "twin" ? target.module : "";
}

/** What runs `async` user functions for this thread, to be handed to its clients. */
export function asyncFunctions(
  waiter: () => Waiter = threadWaiter,
  runtime: Runtime = native,
): AsyncFunctions {
  let made: FunctionCaller | undefined;
  const caller = (): FunctionCaller => made ??= new FunctionCaller(waiter);
  return {
    identify: (module) => identify(module, KIT),
    loadingGuard,
    blockingGuard,
    remaining: () => made?.remaining() ?? Infinity,
    expire: () => made?.expire(),
    stop: () => made?.stop(),
    invoke({ fn, args, site }, timeoutMs, start, settle) {
      const next = site.role === "middleware" ? args[1] as UserFunction : undefined;
      return caller().run({
        target: targetOf(fn, site),
        role: nameOf(fn, site),
        args: next ? args.slice(0, 1) : args,
        timeoutMs,
        next: next &&
          ((request, end) => start(new LazyFlow(() => next(request) as Flow<unknown>), end)),
        settle,
      });
    },
    send(request, attachments, settle) {
      const fetch = attachments.fetch as UserFunction;
      const { stream, body, timeoutMs } = request;
      if (stream || isOneShot(body)) throw refuseStream(request);
      runtime.refuse(request, true);
      return caller().run({
        target: targetOf(fetch, FETCH),
        role: nameOf(fetch, FETCH),
        args: [],
        request: serialize(request),
        report: progressListener(attachments, request),
        timeoutMs: timeoutMs === false ? false : timeoutMs + FETCH_GRACE_MS,
        settle: (outcome) => settle(fetched(outcome, request, runtime.explain)),
      });
    },
  };
}

/** The outcome of a request that was sent with the user's `fetch`; its errors are made here. */
function fetched(
  outcome: Outcome<unknown>,
  request: HttpRequest,
  explain: Explain,
): Outcome<HttpResponse> {
  if (!outcome.ok) return outcome;
  const { response, failure } = outcome.value as Fetched;
  const error = failure && explain(request, failure);
  if (!response) return { ok: false, error };
  return { ok: true, value: failure ? { ...response, failure: error } : response };
}

function refuseStream({ stream, ...request }: HttpRequest): SyncBridgeError {
  const what = stream ? "a streamed response" : "a streamed body";
  return new SyncBridgeError(
    `Cannot send ${describe(request)} synchronously: ${what} does not go through a custom ` +
      `"fetch" in a sync call; give a "transport" with "sendSync" instead`,
    { request },
  );
}

/** How the worker finds a function. */
function targetOf(fn: UserFunction, site: CallSite): Target {
  const { method } = site;
  const refuse = (why: string): SyncBridgeError =>
    new SyncBridgeError(`Cannot run ${nameOf(fn, site)} in a sync call: ${why}`);
  // The worker would have to run before anybody knows that it is needed.
  if (!startsWhileBlocked()) {
    throw refuse(
      "a browser cannot run async functions for a blocked thread; make it a generator or a plain " +
        "function",
    );
  }
  const own = method ? (method.object as Record<string, UserFunction>)[method.name] : fn;
  const source = portableSource(own as UserFunction);
  if (source !== undefined) return { kind: "source", source };
  const twin = twinOf(fn, method);
  if (!twin && site === FETCH) {
    throw refuse(
      `it gives a promise; give "module: import.meta.url" to create(), mark it portable(), or give ` +
        `a "transport" with "sendSync" instead`,
    );
  }
  if (!twin) throw refuseAsync(fn, site, "async");
  if (twin.kind === "none") {
    throw refuse(
      `${twin.why}, so it has no twin there; make the client in a module of its own and import ` +
        `it, mark the function portable(), or write it as a generator ("function*", "yield*") or ` +
        `a plain function`,
    );
  }
  if (twin.kind === "twin" && mayRead(twin.module) === false) {
    throw refuse(
      `the worker may not read its module "${twin.module}"; allow it with --allow-read, or make ` +
        `the function a generator`,
    );
  }
  return twin;
}
