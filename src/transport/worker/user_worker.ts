/*
 * The user thread: it runs async functions of the user's for a caller that is blocked, so that
 * their loops, crashes and rejections never touch the requests of the I/O thread.
 */
import { SyncBridgeError } from "../../errors.ts";
import { AxResponse } from "../../http/response.ts";
import { workerThreads } from "../../runtime/capabilities.ts";
import { adoptProgram } from "../../runtime/thread_program.ts";
import { sendFetch } from "../fetch.ts";
import { READY } from "./channel.ts";
import { ChannelWriter } from "./channel_writer.ts";
import type { Makers } from "./decode.ts";
import { Invocation } from "./invocation.ts";
import { type Found, UserFunctions } from "./user_worker_functions.ts";
import type { WorkerStart } from "./protocol.ts";
import type { UserCommand, UserReply } from "./user_protocol.ts";
import { fromWire } from "./wire_error.ts";

interface ListeningPort {
  on(event: "message", listener: (command: UserCommand) => void): unknown;
  postMessage(message: unknown, transfer: readonly ArrayBuffer[]): void;
  close(): void;
}

/** How long a function waits for a body that it reads before the caller is taken for gone. */
const ASK_MS = 5000;

/** For functions that come as source: they bring no copy of the package. */
const OWN: Makers = {
  response: (init) => new AxResponse(init),
  error: fromWire,
  send: sendFetch,
};

/** Runs the functions that the caller asks for. */
class UserThread {
  readonly #port: ListeningPort;
  readonly #writer: ChannelWriter<UserReply>;
  readonly #functions = new UserFunctions(OWN);
  readonly #running = new Map<number, { end(): void; invocation?: Invocation }>();
  readonly #early: UserCommand[] = [];

  constructor({ memory, bell, port }: WorkerStart) {
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
      case "fetch":
        this.#fetch(command);
        return;
      case "result":
        return this.#running.get(command.id)?.invocation?.settleNext(command);
      case "abandon": {
        const job = this.#running.get(command.id);
        this.#running.delete(command.id);
        return job?.end();
      }
      case "ping":
        return this.#writer.alive();
    }
  }

  async #find(command: UserCommand & { type: "invoke" | "fetch" }): Promise<Found> {
    const { id, target, role } = command;
    const loads = this.#functions.load(target);
    if (loads) await loads;
    if (loads || target.kind === "source") this.#send(id, { type: "begun", id });
    return this.#functions.find(target, role);
  }

  async #invoke(command: UserCommand & { type: "invoke" }): Promise<void> {
    const { id, role, args } = command;
    let invocation: Invocation | undefined;
    const job: { end(): void; invocation?: Invocation } = { end: () => invocation?.abandon() };
    this.#running.set(id, job);
    try {
      const { fn, self, makers } = await this.#find(command);
      invocation = job.invocation = new Invocation(id, makers, {
        send: (reply) => this.#send(id, reply),
        ask: (root, what) => this.#ask(id, root, what),
      });
      const value = await fn.apply(self, invocation.start(args));
      this.#finish(id, invocation, true, value);
    } catch (error) {
      const cause = this.#functions.explain(command.target, role, error);
      this.#finish(id, invocation ?? this.#blank(id), false, cause);
    }
  }

  async #fetch(command: UserCommand & { type: "fetch" }): Promise<void> {
    const { id, request, role } = command;
    const control = new AbortController();
    const blank = this.#blank(id);
    this.#running.set(id, { end: () => control.abort() });
    try {
      const { fn, self, makers } = await this.#find(command);
      const response = await makers.send(request, {
        fetch: fn.bind(self) as typeof fetch,
        signal: control.signal,
        onProgress: (progress) => this.#send(id, { type: "progress", id, progress }),
      });
      this.#finish(id, blank, true, response);
    } catch (error) {
      this.#finish(id, blank, false, this.#functions.explain(command.target, role, error));
    }
  }

  /** For what is told without arguments. */
  #blank(id: number): Invocation {
    const ask = (): never => {
      throw new SyncBridgeError("Cannot read the body: nothing was handed over");
    };
    return new Invocation(id, OWN, { send: () => {}, ask });
  }

  #finish(id: number, invocation: Invocation, ok: boolean, value: unknown): void {
    if (!this.#running.has(id)) return;
    try {
      this.#send(id, invocation.done(ok, value));
    } catch (error) {
      this.#send(id, invocation.failed(error));
    }
    this.#running.delete(id);
  }

  #send(id: number, reply: UserReply): void {
    if (this.#running.has(id)) this.#writer.sendClone(reply);
  }

  /** Blocks until the caller, which is blocked itself and serves, has sent it. */
  #ask(id: number, root: number, what: "body" | "data"): UserCommand & { type: "answer" } {
    const threads = workerThreads();
    const cell = new Int32Array(new SharedArrayBuffer(4));
    const end = performance.now() + ASK_MS;
    this.#send(id, { type: "ask", id, root, what });
    // What arrives meanwhile has its turn in an event of its own.
    setTimeout(() => {
      for (const command of this.#early.splice(0)) this.#handle(command);
    });
    while (threads && this.#running.has(id) && performance.now() < end) {
      const message = threads.receiveMessageOnPort(this.#port as never)?.message;
      const command = message as UserCommand | undefined;
      if (!command) Atomics.wait(cell, 0, 0, 1);
      else if (command.type === "answer" && command.id === id) return command;
      else if (command.type === "ping" || command.type === "abandon") this.#handle(command);
      else this.#early.push(command);
    }
    throw new SyncBridgeError(
      `Cannot read the ${what} of a response any more: the sync call that it belongs to has ended`,
    );
  }
}

/** What the thread was started with; `boot.ts` gives it. */
declare const start: WorkerStart;

if (start.user) {
  adoptProgram(start.argv ?? []);
  new UserThread(start).listen();
}
