/*
 * The program of both worker threads of entry ".": they share most of what they are made of, and
 * the package carries it once. Which of them a thread is, its start says.
 *
 * The worker for async functions runs them for a caller that is blocked, so that their loops,
 * crashes and rejections never touch the requests of the I/O worker.
 */
import "../sync/io_thread.ts";
import { isAxError } from "../ax_error.ts";
import type { UserFunction } from "../flow/flow.ts";
import { type HttpResponse, type Outcome, pairsOf, type Settle } from "../http/message.ts";
import { messageOf } from "../http/pairs.ts";
import type { FetchFunction } from "../http/transport.ts";
import { elapsed, startTimer } from "../runtime/clock.ts";
import { adoptProgram, type ThreadPort, workerThreads } from "../runtime/threads.ts";
import { READY } from "../sync/channel.ts";
import { ChannelWriter } from "../sync/channel_writer.ts";
import { bodyOf } from "../sync/io_worker.ts";
import type { SerializedRequest } from "../sync/serialize.ts";
import type { WorkerStart } from "../sync/thread.ts";
import { answerProblem, type Failure } from "../transport/failure.ts";
import { type Runtime, startExchange } from "../transport/fetch.ts";
import type { Kit } from "./mirror.ts";
import type { Answered, Fetched, Invoke, Target, UserCommand, UserReply } from "./protocol.ts";
import { keyOf, realm, type Twin } from "./twin.ts";
import { PORTABLE_KIT, refusal, WorkerMirror } from "./worker_mirror.ts";

/** What the thread was started with, and an `import()` that it may use; see `sync/thread.ts`. */
declare const start: WorkerStart;
declare const load: (module: string) => Promise<Record<string, unknown>>;

/** How long a function waits for a body that it reads before the caller is taken for gone. */
const ASK_MS = 5000;

/** The caller makes the errors, as it does for the I/O worker. */
const PLAIN_FETCH: Runtime = { explain: (_, failure) => failure, answerProblem, refuse() {} };

/** A module that runs a function's body: what is made in a module may use `import()`. */
const EVALUATE = "data:text/javascript,export default (body) => Function(body)()";
/** What stands before the parameters of a method, which is no expression by itself. */
const METHOD = /^async\s+(?:[\p{ID_Start}$_][\p{ID_Continue}$]*|"[^"\\]*"|'[^'\\]*'|\d+)\s*(?=\()/u;

/** Finds the functions to run: in the modules that register them, or by their source. */
class Functions {
  // Every copy of the package that a module brings enters its functions here.
  readonly #twins = realm().twins ?? new Map<string, Twin>();
  readonly #loading = realm().loading ?? new Set<string>();
  /** The modules that load, or have loaded. */
  readonly #modules = new Map<string, Promise<void> | undefined>();
  readonly #compiled = new Map<string, Twin>();
  #evaluate: ((body: string) => unknown) | undefined;

  /** Loads what a function needs; `undefined` where all is there. */
  load(target: Target): Promise<void> | undefined {
    const module = target.kind === "twin" ? target.module : EVALUATE;
    if (!this.#modules.has(module)) this.#modules.set(module, this.#import(module));
    return this.#modules.get(module);
  }

  async #import(module: string): Promise<void> {
    this.#loading.add(module);
    try {
      const exports = await load(module);
      if (module === EVALUATE) this.#evaluate = exports.default as (body: string) => unknown;
      this.#modules.set(module, undefined);
    } catch (cause) {
      this.#modules.delete(module);
      if (isAxError(cause)) throw cause;
      const text = messageOf(cause);
      const message = `Cannot load module "${module}" in the worker for async functions: ${text}`;
      throw refusal(message, { cause });
    } finally {
      this.#loading.delete(module);
    }
  }

  /** The function, after {@linkcode load}. */
  find(target: Target, role: string): Twin {
    if (target.kind === "source") return this.#compile(target.source, role);
    const { module, name } = target;
    const twin = this.#twins.get(keyOf(target));
    if (!twin) {
      throw refusal(
        `Cannot run ${role} in a sync call: module "${module}" does not register it while it ` +
          `loads; register it at the top level of the module, or make it a generator`,
      );
    }
    // A method is what it is called on its object.
    if (twin.self !== undefined || ownName(twin.fn.name) === ownName(name)) return twin;
    const [there, here] = [twin.fn.name, name].map((known) =>
      known ? `"${known}"` : "one without a name"
    );
    throw refusal(
      `Cannot run ${role} in a sync call: module "${module}" registers another function in its ` +
        `place when it loads in the worker: ${there} instead of ${here}; register the same ` +
        `functions in the same order`,
    );
  }

  /** The function of a source, with `this` undefined. */
  #compile(source: string, role: string): Twin {
    let twin = this.#compiled.get(source);
    if (twin) return twin;
    try {
      const expression = source.replace(METHOD, "async function ");
      const fn = this.#evaluate?.(`"use strict"; return (${expression}\n)`) as UserFunction;
      this.#compiled.set(source, twin = { fn, self: undefined, kit: PORTABLE_KIT });
      return twin;
    } catch (cause) {
      throw refusal(
        `Cannot run the portable ${role} in a sync call: its source does not compile alone: ` +
          `${messageOf(cause)}; pass what it needs through "request.context", or write it as a ` +
          `generator`,
        { cause },
      );
    }
  }
}

/** The name that a person gave: tools have names of their own for a default export. */
function ownName(name: string): string {
  return /^(?:\w*_)?default_*$/.test(name) ? "" : name;
}

/** What to throw for an error of a function. */
function explain({ kind }: Target, role: string, error: unknown): unknown {
  if (kind !== "source" || !(error instanceof ReferenceError)) return error;
  return refusal(
    `Cannot run the portable ${role} in a sync call: ${error.message}; a portable function may ` +
      `use only its arguments and globals`,
    { cause: error },
  );
}

/** One async function at work. */
interface Job {
  mirror: WorkerMirror;
  /** Who waits for a `next()`. */
  readonly nexts: Map<number, Settle<unknown>>;
  /** Ends what it has on the wire. */
  stop?: () => void;
}

/** Runs the functions that the caller asks for. */
class UserThread {
  readonly #port = start.port as ThreadPort;
  readonly #writer = new ChannelWriter<UserReply>(
    start.memory,
    new Int32Array(start.bell),
    this.#port,
  );
  readonly #functions = new Functions();
  readonly #running = new Map<number, Job>();
  #nexts = 0;

  listen(): void {
    this.#port.on("message", (command) => this.#handle(command as UserCommand));
    this.#writer.enter(READY);
  }

  #handle(command: UserCommand): void {
    if (command.type === "ping") return this.#writer.alive();
    if (command.type === "invoke") {
      this.#invoke(command);
      return;
    }
    const { id } = command;
    const job = this.#running.get(id);
    if (!job || command.type === "answer") return;
    if (command.type === "abandon") {
      this.#running.delete(id);
      return abandon(job);
    }
    const settle = job.nexts.get(command.next);
    job.nexts.delete(command.next);
    settle?.(job.mirror.hear(command));
  }

  async #invoke({ id, target, role, args, next, request }: Invoke): Promise<void> {
    const mirrorOf = (kit: Kit): WorkerMirror =>
      new WorkerMirror(kit, (root, what) => this.#ask(id, root, what));
    const job: Job = { mirror: mirrorOf(PORTABLE_KIT), nexts: new Map() };
    this.#running.set(id, job);
    let outcome: Outcome<unknown>;
    try {
      const loads = this.#functions.load(target);
      if (loads) await loads;
      if (loads) this.#send({ type: "begun", id });
      const { fn, self, kit } = this.#functions.find(target, role);
      job.mirror = mirrorOf(kit);
      const bound = fn.bind(self);
      const values = args.map((form) => job.mirror.decode(form));
      if (next) values.push((request?: unknown) => this.#next(id, job, request));
      const value = await (request ? this.#fetch(id, job, request, bound) : bound(...values));
      outcome = { ok: true, value };
    } catch (error) {
      outcome = { ok: false, error: explain(target, role, error) };
    }
    try {
      this.#send({ type: "done", id, ...job.mirror.tell(outcome) });
    } catch (error) {
      // What it has changed cannot be told: the caller hears why, and nothing of it.
      this.#send({ type: "done", id, ...mirrorOf(job.mirror.kit).tell({ ok: false, error }) });
    }
    this.#running.delete(id);
  }

  /** Lazy, as in the calling thread: nothing is sent before somebody waits. */
  #next(id: number, job: Job, request: unknown): PromiseLike<unknown> {
    let promise: Promise<unknown> | undefined;
    const begin = (): Promise<unknown> =>
      new Promise((resolve, reject) => {
        if (!this.#running.has(id)) {
          throw refusal(
            `Cannot run "next" any more: the sync call that this function belongs to has ended`,
            { kit: job.mirror.kit },
          );
        }
        const next = this.#nexts++;
        this.#send({ type: "next", id, next, ...job.mirror.tell({ ok: true, value: request }) });
        job.nexts.set(next, (outcome) => {
          if (outcome.ok) resolve(outcome.value);
          else reject(outcome.error);
        });
      });
    return {
      then: (onFulfilled, onRejected) => (promise ??= begin()).then(onFulfilled, onRejected),
    };
  }

  /** Sends with a function as `fetch`. */
  #fetch(
    id: number,
    job: Job,
    { body, ...request }: SerializedRequest,
    fetch: UserFunction,
  ): Promise<Fetched> {
    return new Promise((resolve) => {
      const settle: Settle<HttpResponse> = (outcome) => {
        if (!outcome.ok) return resolve({ failure: outcome.error as Failure });
        const { headers, failure, ...response } = outcome.value;
        resolve({
          response: { ...response, headers: pairsOf(headers) },
          failure: failure as Failure | undefined,
        });
      };
      job.stop = startExchange(
        { ...request, body: bodyOf(body) },
        { fetch: fetch as FetchFunction },
        PLAIN_FETCH,
        settle,
        {
          explain: undefined,
          report: (bytes) => this.#send({ type: "progress", id, bytes }),
        },
      );
    });
  }

  #send(reply: UserReply): void {
    if (this.#running.has(reply.id)) this.#writer.sendClone(reply);
  }

  /** Blocks until the caller, which is blocked itself and serves, has sent what is asked for. */
  #ask(id: number, root: number, what: string): Answered {
    const threads = workerThreads();
    const cell = new Int32Array(new SharedArrayBuffer(4));
    const end = elapsed() + ASK_MS;
    this.#send({ type: "ask", id, root, what });
    while (threads && this.#running.has(id) && elapsed() < end) {
      const message = threads.receiveMessageOnPort(this.#port)?.message;
      const command = message as UserCommand | undefined;
      if (!command) Atomics.wait(cell, 0, 0, 0.1);
      else if (command.type === "answer" && command.id === id) return command;
      else if (command.type === "ping" || command.type === "abandon") this.#handle(command);
      // It has its turn in an event of its own.
      else startTimer(() => this.#handle(command));
    }
    throw refusal(
      `Cannot read "${what}" of a response any more: the sync call that it belongs to has ended`,
    );
  }
}

/** Ends what a function waits for, so that it can clean up. */
function abandon({ mirror, nexts, stop }: Job): void {
  stop?.();
  const message = "Cancelled: the call that this function belongs to has ended";
  const error = refusal(message, { name: "CancelError", code: "AX_CANCEL", kit: mirror.kit });
  for (const settle of nexts.values()) settle({ ok: false, error });
  nexts.clear();
}

if (start.user) {
  adoptProgram(start.argv ?? []);
  new UserThread().listen();
}
