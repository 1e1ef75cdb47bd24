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
import { elapsed, startTimer } from "../runtime/clock.ts";
import { adoptProgram, type ThreadPort, workerThreads } from "../runtime/threads.ts";
import { READY } from "../sync/channel.ts";
import { ChannelWriter } from "../sync/channel_writer.ts";
import { bodyOf } from "../sync/io_worker.ts";
import type { SerializedRequest, WorkerStart } from "../sync/protocol.ts";
import { makeError } from "../sync/wire_error.ts";
import { answerProblem, type Failure } from "../transport/failure.ts";
import { type Runtime, startExchange } from "../transport/fetch.ts";
import type { Kit } from "./mirror.ts";
import { compile, EVALUATE, type Evaluate, PORTABLE_KIT, refusal } from "./portable.ts";
import type { Answered, Fetched, Invoke, Target, Told } from "./protocol.ts";
import type { UserCommand, UserReply } from "./protocol.ts";
import { keyOf, realm, type Twin } from "./twin.ts";
import { WorkerMirror } from "./worker_mirror.ts";

/** What the thread was started with, and an `import()` that it may use; see `sync/thread.ts`. */
declare const start: WorkerStart;
declare const load: (module: string) => Promise<Record<string, unknown>>;

/** How long a function waits for a body that it reads before the caller is taken for gone. */
const ASK_MS = 5000;

/** The caller makes the errors, as it does for the I/O worker. */
const PLAIN_FETCH: Runtime = { explain: (_, failure) => failure, answerProblem, refuse() {} };

/** Finds the functions to run: in the modules that register them, or by their source. */
class Functions {
  // Every copy of the package that a module brings enters its functions here.
  readonly #twins = realm().twins ?? new Map<string, Twin>();
  readonly #loading = realm().loading ?? new Set<string>();
  /** The modules that load, or have loaded. */
  readonly #modules = new Map<string, Promise<void> | undefined>();
  readonly #sources = new Map<string, Twin>();
  #evaluate: Evaluate | undefined;

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
      if (module === EVALUATE) this.#evaluate = exports.default as Evaluate;
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
    if (target.kind === "source") return this.#compiled(target.source, role);
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

  #compiled(source: string, role: string): Twin {
    let twin = this.#sources.get(source);
    if (twin) return twin;
    try {
      const fn = compile(source, this.#evaluate as Evaluate);
      this.#sources.set(source, twin = { fn, self: undefined, kit: PORTABLE_KIT });
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
class Invocation {
  /** Ends what it has on the wire. */
  stop: (() => void) | undefined;
  readonly #nexts = new Map<number, Settle<unknown>>();
  #mirror: WorkerMirror;
  #count = 0;
  #over = false;

  constructor(readonly id: number, private readonly thread: UserThread) {
    this.#mirror = this.#mirrorOf(PORTABLE_KIT);
  }

  #mirrorOf(kit: Kit): WorkerMirror {
    return new WorkerMirror(kit, (root, what) => this.thread.ask(this.id, root, what));
  }

  /** The arguments as values. */
  start({ args, next }: Invoke, kit: Kit): unknown[] {
    this.#mirror = this.#mirrorOf(kit);
    const values = args.map((form) => this.#mirror.decode(form));
    if (next) values.push((request?: unknown) => this.#next(request));
    return values;
  }

  /** Says how the function has ended. */
  done(outcome: Outcome<unknown>): void {
    const tell = (outcome: Outcome<unknown>): void =>
      this.thread.send({ type: "done", id: this.id, ...this.#mirror.tell(outcome) });
    try {
      tell(outcome);
    } catch (error) {
      // What it has changed cannot be told: the caller hears why, and nothing of it.
      this.#mirror = this.#mirrorOf(this.#mirror.kit);
      tell({ ok: false, error });
    }
    this.#over = true;
  }

  /** Takes what a `next()` came to. */
  settleNext({ next, ...told }: Told & { readonly next: number }): void {
    const settle = this.#nexts.get(next);
    this.#nexts.delete(next);
    settle?.(this.#mirror.hear(told));
  }

  /** Ends every wait for a `next()`, so that the function can clean up. */
  abandon(): void {
    this.#over = true;
    this.stop?.();
    const message = "Cancelled: the call that this function belongs to has ended";
    const facts = { name: "CancelError", code: "AX_CANCEL", message, "@ax": [] };
    const { errors } = this.#mirror.kit;
    for (const settle of this.#nexts.values()) {
      settle({ ok: false, error: makeError(facts, errors) });
    }
    this.#nexts.clear();
  }

  /** Lazy, as in the calling thread: nothing is sent before somebody waits. */
  #next(request: unknown): PromiseLike<unknown> {
    let promise: Promise<unknown> | undefined;
    const begin = (): Promise<unknown> =>
      new Promise((resolve, reject) => {
        if (this.#over) {
          throw refusal(
            `Cannot run "next" any more: the sync call that this function belongs to has ended`,
            { kit: this.#mirror.kit },
          );
        }
        const [id, next] = [this.id, this.#count++];
        const told = this.#mirror.tell({ ok: true, value: request });
        this.thread.send({ type: "next", id, next, ...told });
        this.#nexts.set(next, (outcome) => {
          if (outcome.ok) resolve(outcome.value);
          else reject(outcome.error);
        });
      });
    return {
      then: (onFulfilled, onRejected) => (promise ??= begin()).then(onFulfilled, onRejected),
    };
  }
}

/** Runs the functions that the caller asks for. */
class UserThread {
  readonly #port = start.port as ThreadPort;
  readonly #writer = new ChannelWriter<UserReply>(
    start.memory,
    new Int32Array(start.bell),
    this.#port as never,
  );
  readonly #functions = new Functions();
  readonly #running = new Map<number, Invocation>();
  readonly #early: UserCommand[] = [];

  listen(): void {
    this.#port.on("message", (command) => this.#handle(command as UserCommand));
    this.#writer.enter(READY);
  }

  send(reply: UserReply): void {
    if (this.#running.has(reply.id)) this.#writer.sendClone(reply);
  }

  /** Blocks until the caller, which is blocked itself and serves, has sent what is asked for. */
  ask(id: number, root: number, what: string): Answered {
    const threads = workerThreads();
    const cell = new Int32Array(new SharedArrayBuffer(4));
    const end = elapsed() + ASK_MS;
    this.send({ type: "ask", id, root, what });
    // What arrives meanwhile has its turn in an event of its own.
    startTimer(() => {
      for (const command of this.#early.splice(0)) this.#handle(command);
    });
    while (threads && this.#running.has(id) && elapsed() < end) {
      const message = threads.receiveMessageOnPort(this.#port)?.message;
      const command = message as UserCommand | undefined;
      if (!command) Atomics.wait(cell, 0, 0, 0.1);
      else if (command.type === "answer" && command.id === id) return command;
      else if (command.type === "ping" || command.type === "abandon") this.#handle(command);
      else this.#early.push(command);
    }
    throw refusal(
      `Cannot read "${what}" of a response any more: the sync call that it belongs to has ended`,
    );
  }

  #handle(command: UserCommand): void {
    switch (command.type) {
      case "invoke":
        this.#invoke(command);
        return;
      case "result":
        return this.#running.get(command.id)?.settleNext(command);
      case "abandon": {
        const job = this.#running.get(command.id);
        this.#running.delete(command.id);
        return job?.abandon();
      }
      case "ping":
        return this.#writer.alive();
    }
  }

  async #invoke(command: Invoke): Promise<void> {
    const { id, target, role, request } = command;
    const job = new Invocation(id, this);
    this.#running.set(id, job);
    try {
      const loads = this.#functions.load(target);
      if (loads) await loads;
      if (loads) this.send({ type: "begun", id });
      const { fn, self, kit } = this.#functions.find(target, role);
      const args = job.start(command, kit);
      const bound: UserFunction = fn.bind(self);
      const value = request
        ? await this.#fetch(job, request, bound as typeof fetch)
        : await bound(...args);
      job.done({ ok: true, value });
    } catch (error) {
      job.done({ ok: false, error: explain(target, role, error) });
    }
    this.#running.delete(id);
  }

  /** Sends with a function as `fetch`. */
  #fetch(
    job: Invocation,
    { body, ...request }: SerializedRequest,
    fetch: typeof globalThis.fetch,
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
      job.stop = startExchange({ ...request, body: bodyOf(body) }, { fetch }, PLAIN_FETCH, settle, {
        report: (bytes) => this.send({ type: "progress", id: job.id, bytes }),
      });
    });
  }
}

if (start.user) {
  adoptProgram(start.argv ?? []);
  new UserThread().listen();
}
