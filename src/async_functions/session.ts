import { ERROR_CLASSES, SyncBridgeError, TimeoutError } from "../errors.ts";
import type { Outcome, Settle } from "../http/message.ts";
import { RESPONSE_ERRORS } from "../http/answer.ts";
import { AxResponse, type ResponseInit } from "../http/response.ts";
import { elapsed } from "../runtime/clock.ts";
import type { Serialized } from "../sync/serialize.ts";
import type { ReportBytes } from "../transport/progress.ts";
import { type Kit, Mirror } from "./mirror.ts";
import type { Answered, Form, Members, ObjectForm, Target, Told, UserCommand } from "./protocol.ts";
import { isConfig, isResponse, type Pass } from "./serialize.ts";
import { isError } from "../http/pairs.ts";

/** A response that was made in another thread. */
class MirroredResponse extends AxResponse {
  constructor(init: Omit<ResponseInit<unknown>, "errors">) {
    super({ ...init, errors: RESPONSE_ERRORS } satisfies ResponseInit<unknown> as never);
  }
}

/** The classes of this copy of the package. */
export const KIT: Kit = { Response: MirroredResponse, errors: ERROR_CLASSES };

/** Values that are nested deeper stay with the caller from there on. */
const MAX_DEPTH = 200;
/** Data of larger bodies crosses when it is first used, as every body does. */
const EAGER_BYTES = 64 * 1024;
/** How long a worker may take to start and to load a module before its function begins. */
const LOAD_MS = 30_000;

/** The caller's side of a mirror: its objects are the ones that count. */
export class CallerMirror extends Mirror {
  readonly #kept: unknown[] = [];
  readonly #keptIds = new Map<unknown, number>();

  constructor(kit: Kit = KIT) {
    super(kit, MAX_DEPTH);
  }

  /** A member of a root, or what its method returns, for a function that reads it. */
  read(root: number, name: string): Answered {
    const holder = this.roots.get(root)?.value as Record<string, unknown>;
    return this.answer(guard(() => {
      const member = holder[name];
      return { ok: true, value: typeof member === "function" ? member.call(holder) : member };
    }));
  }

  override keep(value: unknown, what: string): ObjectForm {
    const id = this.#keptIds.get(value) ?? this.#kept.push(value) - 1;
    this.#keptIds.set(value, id);
    return { t: "kept", id, what };
  }

  override dataOf(response: AxResponse, pass: Pass): Form {
    return isLarge(response) ? { t: "later" } : super.dataOf(response, pass);
  }

  protected override kept(id: number): unknown {
    return this.#kept[id];
  }

  /** Makes a root of what may be changed in place, and of what is one object wherever it turns up. */
  protected override enter(value: object, form: ObjectForm, pass: Pass): ObjectForm {
    const argument = pass.above.size === 0;
    const shared = argument || isResponse(value) || isError(value) || isConfig(value);
    if (!shared || !("members" in form || form.t === "Headers")) return form;
    const id = this.roots.size;
    this.add(id, value);
    return { t: "root", id, v: form };
  }

  /** One that the function has made. */
  protected override response(members: Members): AxResponse {
    const { attempts, timings, ...init } = this.record(members);
    return Object.assign(new this.kit.Response(init as never), { attempts, timings });
  }
}

function isLarge(response: AxResponse): boolean {
  try {
    return response.bytes().byteLength > EAGER_BYTES;
  } catch {
    // Streamed.
    return false;
  }
}

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
  settle(outcome: Outcome<unknown>): void;
}

/** One function at work, on the caller's side. */
export class Session {
  readonly call: UserCall;
  readonly #mirror = new CallerMirror();
  /** How many `next()` are under way. */
  #nexts = 0;
  #begun: boolean;
  #leftMs: number;
  #since = elapsed();

  /** @param loaded Whether the function is there: its time has begun then. */
  constructor(call: UserCall, loaded: boolean) {
    this.call = call;
    this.#begun = loaded;
    this.#leftMs = loaded ? timeOf(call) : Math.max(timeOf(call), LOAD_MS);
  }

  /** What the worker is told. */
  command(id: number): UserCommand {
    const { target, role, args, next } = this.call;
    const request = this.call.request?.request;
    const forms = args.map((arg, index) => {
      const form = this.#mirror.encode(arg);
      if (form.t !== "kept") return form;
      throw new SyncBridgeError(
        `Cannot run ${role} in a sync call: its argument ${index + 1} is ${form.what}, which ` +
          `stays with the calling thread; write it as a generator to use it`,
      );
    });
    return { type: "invoke", id, target, role, request, args: forms, next: next !== undefined };
  }

  /** The function begins now. */
  begun(): void {
    this.#begun = true;
    this.#restart(timeOf(this.call));
  }

  /** Milliseconds until it is given up. */
  remaining(): number {
    if (this.#nexts > 0) return Infinity;
    return this.#leftMs - (elapsed() - this.#since);
  }

  /** The error of a function that has run out of time; `started` is whether its thread has. */
  late(started: boolean): TimeoutError {
    const { role, target, timeoutMs } = this.call;
    const what = !started
      ? ": its worker thread has not started"
      : target.kind === "twin"
      ? `: module "${target.module}" has not loaded`
      : "";
    const when = this.#begun ? `end within ${timeoutMs} ms` : `begin within ${this.#leftMs} ms`;
    const message = `Timed out: ${role} did not ${when} in a sync call${this.#begun ? "" : what}`;
    return new TimeoutError(message, { phase: "function" });
  }

  /** The answer to a function that reads what has not crossed. */
  answer(root: number, what: string): Answered {
    return this.#mirror.read(root, what);
  }

  done(told: Told): void {
    this.call.settle(guard(() => this.#mirror.hear(told)));
  }

  /** Runs the rest of the chain. */
  next(told: Told, answer: (told: Told) => void): void {
    if (this.#nexts === 0) this.#restart(this.remaining());
    this.#nexts++;
    const end = (outcome: Outcome<unknown>): void => {
      if (--this.#nexts === 0) this.#restart(this.#leftMs);
      answer(this.#mirror.tell(outcome));
    };
    const request = guard(() => {
      const heard = this.#mirror.hear(told);
      // The rest of the chain may change what both sides know as well.
      this.#mirror.watch();
      return heard;
    });
    if (request.ok) this.call.next?.(request.value, end);
    else end(request);
  }

  #restart(leftMs: number): void {
    this.#leftMs = leftMs;
    this.#since = elapsed();
  }
}

function timeOf({ timeoutMs }: UserCall): number {
  return timeoutMs === false ? Infinity : timeoutMs;
}

function guard(work: () => Outcome<unknown>): Outcome<unknown> {
  try {
    return work();
  } catch (error) {
    return { ok: false, error };
  }
}
