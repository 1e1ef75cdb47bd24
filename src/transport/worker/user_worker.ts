/*
 * The user thread: it runs async functions of the user's for a caller that is blocked, so that
 * their loops, crashes and rejections never touch the requests of the I/O thread.
 */
import { isAxError, SyncBridgeError } from "../../errors.ts";
import { AxResponse } from "../../http/response.ts";
import { workerThreads } from "../../runtime/capabilities.ts";
import { fingerprint, realm, type Twin } from "../../twin.ts";
import { ChannelWriter, READY } from "./channel.ts";
import type { WorkerStart } from "./protocol.ts";
import type { Target, UserCommand, UserReply } from "./user_protocol.ts";
import { Invocation } from "./invocation.ts";
import { fromWire, type Makers } from "./values.ts";

interface ListeningPort {
  on(event: "message", listener: (command: UserCommand | string) => void): unknown;
  postMessage(message: unknown, transfer: readonly ArrayBuffer[]): void;
  close(): void;
}

/** How long a function waits for a body that it reads before the caller is taken for gone. */
const ASK_MS = 5000;

const start = workerThreads()?.workerData as WorkerStart;
const port = start.port as ListeningPort;
const writer = new ChannelWriter<UserReply>(start.memory, new Int32Array(start.bell), port);
const running = new Map<number, Invocation>();
const early: UserCommand[] = [];
const OWN: Makers = { response: (init) => new AxResponse(init), error: fromWire };

// Every copy of the package that a module brings enters its functions here.
const twins = new Map<string, Twin>();
const loading = new Set<string>();
Object.assign(realm(), { twins, loading });
const modules = new Map<string, Promise<void>>();

function load(module: string): Promise<void> {
  let loaded = modules.get(module);
  if (!loaded) {
    loading.add(module);
    loaded = import(module).then(() => {}, (cause) => {
      modules.delete(module);
      if (isAxError(cause)) throw cause;
      const text = cause instanceof Error ? cause.message : String(cause);
      throw new SyncBridgeError(
        `Cannot load module "${module}" in the worker for async functions: ${text}`,
        { cause },
      );
    }).finally(() => loading.delete(module));
    modules.set(module, loaded);
  }
  return loaded;
}

async function find(target: Target, role: string): Promise<Twin> {
  if (target.kind === "source") return { fn: evaluate(target.source), self: undefined, makers: OWN };
  const { module, path } = target;
  await load(module);
  const twin = twins.get(`${module}#${path}`);
  if (!twin) {
    throw new SyncBridgeError(
      `Cannot run the ${role} in a sync call: module "${module}" does not register it while it ` +
        `loads; register it at the top level of the module, or make it a generator`,
    );
  }
  if (fingerprint(twin.fn) === target.fingerprint) return twin;
  throw new SyncBridgeError(
    `Cannot run the ${role} in a sync call: module "${module}" registers another function in its ` +
      `place when it loads in the worker; register the same functions in the same order`,
  );
}

const sources = new Map<string, Twin["fn"]>();

function evaluate(source: string): Twin["fn"] {
  let fn = sources.get(source);
  if (!fn) sources.set(source, fn = compile(source));
  return fn;
}

function compile(source: string): Twin["fn"] {
  try {
    return Function(`"use strict"; return (${source}\n)`)();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // A method has a source that is no expression of its own.
    return Function(`"use strict"; return Object.values({${source}\n})[0]`)();
  }
}

async function run(command: UserCommand & { type: "invoke" }): Promise<void> {
  const { id, target, role, args } = command;
  const invocation = new Invocation(id, (reply) => send(id, reply), () => ask(id));
  running.set(id, invocation);
  try {
    const { fn, self, makers } = await find(target, role);
    const values = invocation.start(args, makers as Makers);
    const value = await fn.apply(self, values);
    finish(id, invocation, true, value);
  } catch (error) {
    finish(id, invocation, false, target.kind === "source" ? explain(error, role) : error);
  }
}

function finish(id: number, invocation: Invocation, ok: boolean, value: unknown): void {
  if (!running.has(id)) return;
  let reply: UserReply;
  try {
    reply = invocation.done(ok, value);
  } catch (error) {
    reply = invocation.done(false, error);
  }
  running.delete(id);
  writer.sendClone(reply);
}

function explain(error: unknown, role: string): unknown {
  if (!(error instanceof ReferenceError)) return error;
  return new SyncBridgeError(
    `Cannot run the portable ${role} in a sync call: ${error.message}; a portable function may ` +
      `use only its arguments and globals`,
    { cause: error },
  );
}

function send(id: number, reply: UserReply): void {
  if (running.has(id)) writer.sendClone(reply);
}

/** Blocks until the caller, which is blocked itself and serves, has sent the body. */
function ask(id: number): Uint8Array<ArrayBuffer> {
  const threads = workerThreads();
  const cell = new Int32Array(new SharedArrayBuffer(4));
  const end = performance.now() + ASK_MS;
  while (threads && performance.now() < end) {
    const command = threads.receiveMessageOnPort(port as never)?.message as UserCommand | string;
    if (command === undefined) {
      Atomics.wait(cell, 0, 0, 1);
      continue;
    }
    const parsed: UserCommand = typeof command === "string" ? JSON.parse(command) : command;
    if (parsed.type === "body" && parsed.id === id) return parsed.bytes;
    if (parsed.type === "ping") handle(parsed);
    else early.push(parsed);
  }
  throw new SyncBridgeError("Cannot read the body: the calling thread did not send it");
}

function handle(command: UserCommand): void {
  switch (command.type) {
    case "invoke":
      run(command);
      return;
    case "result":
      return running.get(command.id)?.settleNext(command.next, command.ok, command.value);
    case "abandon":
      running.get(command.id)?.abandon();
      running.delete(command.id);
      return;
    case "ping":
      return writer.alive();
    case "stop":
      return port.close();
  }
}

port.on("message", (command) => {
  handle(typeof command === "string" ? JSON.parse(command) : command);
});
// What arrived while a function blocked for a body has its turn in the next event.
setInterval(() => {
  for (const command of early.splice(0)) handle(command);
}, 1).unref?.();
writer.enter(READY);
