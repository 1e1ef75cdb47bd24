/*
 * The user thread: it runs async functions of the user's for a caller that is blocked, so that
 * their loops, crashes and rejections never touch the requests of the I/O thread.
 */
import { workerThreads } from "../../runtime/capabilities.ts";
import { adoptProgram } from "../../runtime/thread_program.ts";
import { exchange } from "../exchange.ts";
import type { Ask } from "./border.ts";
import { READY } from "./channel.ts";
import { ChannelWriter } from "./channel_writer.ts";
import { Invocation, refusal } from "./invocation.ts";
import type { WorkerStart } from "./protocol.ts";
import type { Invoke, UserCommand, UserReply } from "./user_protocol.ts";
import { type Found, UserFunctions } from "./user_worker_functions.ts";

interface ListeningPort {
  on(event: "message", listener: (command: UserCommand) => void): unknown;
  postMessage(message: unknown, transfer: readonly ArrayBuffer[]): void;
  close(): void;
}

/** How long a function waits for a body that it reads before the caller is taken for gone. */
const ASK_MS = 5000;

/** Runs the functions that the caller asks for. */
class UserThread {
  readonly #port: ListeningPort;
  readonly #writer: ChannelWriter<UserReply>;
  readonly #functions = new UserFunctions();
  readonly #running = new Map<number, Invocation>();
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

  async #find({ id, target, role }: Invoke): Promise<Found> {
    const loads = this.#functions.load(target);
    if (loads) await loads;
    if (loads || target.kind === "source") this.#send(id, { type: "begun", id });
    return this.#functions.find(target, role);
  }

  async #invoke(command: Invoke): Promise<void> {
    const { id, target, role, request } = command;
    const job = new Invocation(id, {
      send: (reply) => this.#send(id, reply),
      ask: (root, what) => this.#ask(id, root, what),
    });
    this.#running.set(id, job);
    try {
      const { fn, self, kit } = await this.#find(command);
      const args = job.start(command, kit);
      const value = request
        ? await exchange(request, {
          fetch: fn.bind(self) as typeof fetch,
          signal: job.signal,
          onProgress: (progress) => this.#send(id, { type: "progress", id, progress }),
          // As in the I/O worker: the caller makes the error of it.
        }, (_, failure) => failure)
        : await fn.apply(self, args);
      job.done({ ok: true, value });
    } catch (error) {
      job.done({ ok: false, error: this.#functions.explain(target, role, error) });
    }
    this.#running.delete(id);
  }

  #send(id: number, reply: UserReply): void {
    if (this.#running.has(id)) this.#writer.sendClone(reply);
  }

  /** Blocks until the caller, which is blocked itself and serves, has sent it. */
  #ask(id: number, root: number, what: string): ReturnType<Ask> {
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

/** What the thread was started with; `boot.ts` gives it. */
declare const start: WorkerStart;

if (start.user) {
  adoptProgram(start.argv ?? []);
  new UserThread(start).listen();
}
