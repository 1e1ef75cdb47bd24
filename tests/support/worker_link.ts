/**
 * Questions to a test server's worker thread, by message: they work without a socket, so they
 * disturb neither the server's log nor the connection pool of the thread under test.
 */

interface Question {
  id: number;
  op: string;
  key: string | undefined;
}

interface Answer {
  id: number;
  value?: unknown;
  error?: string;
}

interface WorkerScope {
  postMessage(message: Answer): void;
  addEventListener(type: "message", listener: (event: MessageEvent<Question>) => void): void;
}

/** What each question's handler in the worker answers; `hello` is asked once, at the start. */
export type Handlers<Ops extends object> = {
  [Op in keyof Ops]: (key: string | undefined) => Ops[Op] | Promise<Ops[Op]>;
};

/** The asking end of a link to one worker. */
export interface WorkerLink<Ops extends object> {
  /** Asks the worker; `key` narrows the answer to the requests that carry it. */
  ask<Op extends keyof Ops & string>(op: Op, key?: string): Promise<Ops[Op]>;
  /** Ends the worker at once. */
  terminate(): void;
}

/** Starts `module` as a worker; questions wait until it listens. */
export function openLink<Ops extends object>(module: URL): WorkerLink<Ops> {
  const worker = new Worker(module, { type: "module" });
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  const early: Question[] = [];
  let ready = false;
  let crash: Error | undefined;
  let lastId = 0;
  const fail = (error: Error): void => {
    crash = error;
    for (const pending of waiting.values()) pending.reject(error);
    waiting.clear();
  };
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    fail(new Error(`Test server crashed: ${event.message}`));
  });
  worker.addEventListener("message", (event: MessageEvent<Answer>) => {
    const { id, value, error } = event.data;
    if (id === 0) {
      ready = true;
      for (const question of early) worker.postMessage(question);
      return;
    }
    const pending = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) pending?.resolve(value);
    else pending?.reject(new Error(error));
  });
  return {
    ask(op, key) {
      if (crash !== undefined) return Promise.reject(crash);
      const question: Question = { id: ++lastId, op, key };
      const pending = Promise.withResolvers<unknown>();
      waiting.set(question.id, pending);
      if (ready) worker.postMessage(question);
      else early.push(question);
      return pending.promise as Promise<never>;
    },
    terminate() {
      worker.terminate();
      fail(new Error("Test server is closed"));
    },
  };
}

/** How to end a server once: by asking its worker, and then with the thread. */
export function closing(link: WorkerLink<{ close: void }>): () => Promise<void> {
  let closed = false;
  return async () => {
    if (closed) return;
    closed = true;
    try {
      await link.ask("close");
    } finally {
      link.terminate();
    }
  };
}

/** The answering end, called once in the worker when its server listens. */
export function answerLink<Ops extends object>(handlers: Handlers<Ops>): void {
  const scope = globalThis as unknown as WorkerScope;
  scope.addEventListener("message", async (event) => {
    const { id, op, key } = event.data;
    try {
      scope.postMessage({ id, value: await handlers[op as keyof Ops](key) });
    } catch (error) {
      scope.postMessage({ id, error: String(error) });
    }
  });
  scope.postMessage({ id: 0 });
}
