/*
 * The worker for async functions: it runs them for a caller that is blocked, so that their loops,
 * crashes and rejections never touch the requests of the I/O worker.
 */
import { isAxError } from "../ax_error.ts";
import { type HttpResponse, pairsOf, type Settle } from "../http/message.ts";
import { messageOf } from "../http/pairs.ts";
import { workerThreads } from "../runtime/threads.ts";
import { elapsed, startTimer } from "../runtime/clock.ts";
import { READY } from "../sync/channel.ts";
import { type ChannelPort, ChannelWriter } from "../sync/channel_writer.ts";
import { bodyOf } from "../sync/io_worker.ts";
import type { SerializedRequest } from "../sync/serialize.ts";
import type { WorkerStart } from "../sync/thread.ts";
import { answerProblem, type Failure } from "../transport/failure.ts";
import { type Runtime, startExchange } from "../transport/fetch.ts";
import { Invocation } from "./invocation.ts";
import { compile, EVALUATE, type Evaluate, PORTABLE_KIT, refusal } from "./portable.ts";
import { adoptProgram } from "./program.ts";
import type { Answered, Fetched, Invoke, Target, UserCommand, UserReply } from "./protocol.ts";
import { keyOf, realm, type Twin } from "./twin.ts";

interface ListeningPort extends ChannelPort {
  on(event: "message", listener: (command: UserCommand) => void): unknown;
}

/** Imports a module: the source of a thread cannot do it by itself. */
type Load = (module: string) => Promise<Record<string, unknown>>;

/** How long a function waits for a body that it reads before the caller is taken for gone. */
const ASK_MS = 5000;

/** Finds the functions to run: in the modules that register them, or by their source. */
class Functions {
  // Every copy of the package that a module brings enters its functions here.
  readonly #twins: Map<string, Twin>;
  readonly #loading: Set<string>;
  /** The modules that load, or have loaded. */
  readonly #modules = new Map<string, Promise<void> | undefined>();
  readonly #sources = new Map<string, Twin>();

  readonly #load: Load;
  #evaluate: Evaluate | undefined;

  constructor(load: Load) {
    this.#load = load;
    const { twins = new Map(), loading = new Set() } = realm();
    this.#twins = twins;
    this.#loading = loading;
  }

  /** Loads what a function needs; `undefined` where all is there. */
  load(target: Target): Promise<void> | undefined {
    const module = target.kind === "twin" ? target.module : EVALUATE;
    if (!this.#modules.has(module)) this.#modules.set(module, this.#import(module));
    return this.#modules.get(module);
  }

  async #import(module: string): Promise<void> {
    this.#loading.add(module);
    try {
      const exports = await this.#load(module);
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
      twin = {
        fn: compile(source, this.#evaluate as Evaluate),
        self: undefined,
        kit: PORTABLE_KIT,
      };
    } catch (error) {
      throw refusal(
        `Cannot run the portable ${role} in a sync call: its source does not compile alone: ` +
          `${
            (error as Error).message
          }; pass what it needs through "request.context", or write it ` +
          `as a generator`,
        { cause: error },
      );
    }
    this.#sources.set(source, twin);
    return twin;
  }

  /** What to throw for an error of a function. */
  explain(target: Target, role: string, error: unknown): unknown {
    if (target.kind !== "source" || !(error instanceof ReferenceError)) return error;
    return refusal(
      `Cannot run the portable ${role} in a sync call: ${error.message}; a portable function may ` +
        `use only its arguments and globals`,
      { cause: error },
    );
  }
}

/** The caller makes the errors, as it does for the I/O worker. */
const PLAIN_FETCH: Runtime = { explain: (_, failure) => failure, answerProblem, refuse() {} };

/** Runs the functions that the caller asks for. */
class UserThread {
  readonly #port: ListeningPort;
  readonly #writer: ChannelWriter<UserReply>;
  readonly #functions: Functions;
  readonly #running = new Map<number, Invocation>();
  readonly #early: UserCommand[] = [];

  constructor({ memory, bell, port }: WorkerStart, load: Load) {
    this.#functions = new Functions(load);
    this.#port = port as ListeningPort;
    this.#writer = new ChannelWriter(memory, new Int32Array(bell), this.#port);
  }

  listen(): void {
    this.#port.on("message", (command) => this.#handle(command));
    this.#writer.enter(READY);
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
    const { id, target, role } = command;
    const job = new Invocation(id, {
      send: (reply) => this.#send(id, reply),
      ask: (root, what) => this.#ask(id, root, what),
    });
    this.#running.set(id, job);
    try {
      const loads = this.#functions.load(target);
      if (loads) await loads;
      if (loads) this.#send(id, { type: "begun", id });
      const { fn, self, kit } = this.#functions.find(target, role);
      const args = job.start(command, kit);
      const value = command.request
        ? await this.#fetch(id, command.request, job, fn.bind(self) as typeof fetch)
        : await fn.apply(self, args);
      job.done({ ok: true, value });
    } catch (error) {
      job.done({ ok: false, error: this.#functions.explain(target, role, error) });
    }
    this.#running.delete(id);
  }

  /** Sends with a function as `fetch`. */
  #fetch(
    id: number,
    { body, ...request }: SerializedRequest,
    job: Invocation,
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
        report: (bytes) => this.#send(id, { type: "progress", id, bytes }),
      });
    });
  }

  #send(id: number, reply: UserReply): void {
    if (this.#running.has(id)) this.#writer.sendClone(reply);
  }

  /** Blocks until the caller, which is blocked itself and serves, has sent it. */
  #ask(id: number, root: number, what: string): Answered {
    const threads = workerThreads();
    const cell = new Int32Array(new SharedArrayBuffer(4));
    const end = elapsed() + ASK_MS;
    this.#send(id, { type: "ask", id, root, what });
    // What arrives meanwhile has its turn in an event of its own.
    startTimer(() => {
      for (const command of this.#early.splice(0)) this.#handle(command);
    });
    while (threads && this.#running.has(id) && elapsed() < end) {
      const message = threads.receiveMessageOnPort(this.#port as never)?.message;
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
}

/** What the thread was started with, and what it imports modules with; see `sync/thread.ts`. */
declare const start: WorkerStart;
declare const load: Load;

if (start.user) {
  adoptProgram(start.argv ?? []);
  new UserThread(start, load).listen();
}

/** The name that a person gave: tools have names of their own for a default export. */
function ownName(name: string): string {
  return /^(?:\w*_)?default_*$/.test(name) ? "" : name;
}
