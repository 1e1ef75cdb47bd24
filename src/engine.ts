import { AxError } from "./ax_error.ts";
import { describe } from "./mask.ts";
import { SyncBridgeError, SyncUnavailableError } from "./errors.ts";
import { type AsyncFunctions, refuseAsync } from "./flow/user_function.ts";
import type { Flow } from "./flow/flow.ts";
import { type Host, type Loop, Scheduler } from "./flow/scheduler.ts";
import { type Attachments, type BodySource, type HttpRequest, isOneShot } from "./http/message.ts";
import { addCallSite, type BelowFrame } from "./runtime/call_site.ts";
import { elapsed, endTimer, MAX_TIMER_MS, realClock, startTimer } from "./runtime/clock.ts";
import type { Awaiting, Blocking } from "./stream/members.ts";
import { type FlowRunner, restyle } from "./stream/items.ts";
import { LOADING, type LoadPart } from "./stream/later.ts";
import { blockingTransportPort, transportPort } from "./transport/custom.ts";
import type { BlockingPort, Port } from "./transport/port.ts";

/** What an entry brings: how requests are carried on its runtimes. */
export interface Platform {
  /** Carries awaited calls. */
  readonly port: Port;
  /** Carries sync calls. */
  readonly blocking: BlockingPort;
  /** Runs async user functions of sync calls, where the platform can. */
  readonly asyncFunctions?: AsyncFunctions | undefined;
  /** Streams and pages, or the promise of them where they are still to be loaded. */
  readonly streams: LoadPart;
  /** What relative URLs are resolved against: the address of the page. */
  page?(): string | undefined;
}

/** Runs flows in both ways: wires ports, scheduler and clock together, once for an entry. */
export class Engine {
  /** What the entry has brought. */
  readonly platform: Platform;
  /** Runs awaited flows. */
  readonly awaiting: Scheduler;
  /** Runs flows whose values come out as they are. */
  readonly plain: FlowRunner;

  /** @param platform What the entry brings. */
  constructor(platform: Platform) {
    this.platform = platform;
    const awaiting = this.awaiting = new Scheduler(awaitingHost(platform));
    const host = blockingHost(platform);
    // Asked once, as a thread that runs async functions never becomes another one; not before, as
    // that loads a module of the runtime's.
    let refuse: (() => void) | undefined;
    this.plain = {
      run: (flow) => awaiting.run(flow),
      runBlocking: function blocking(flow, below = blocking) {
        try {
          (refuse ??= platform.asyncFunctions?.blockingGuard() ?? ignore)();
          return new Scheduler(host).runBlocking(flow);
        } catch (error) {
          throw addCallSite(error, below);
        }
      },
    };
  }

  /** Runs a flow while this thread goes on; streams and pages come out for `await`. */
  async run<T>(flow: Flow<T>): Promise<Awaiting<T>> {
    try {
      return restyle(await this.plain.run(flow), "awaiting", this.plain) as Awaiting<T>;
    } catch (error) {
      throw addCallSite(error);
    }
  }

  /**
   * Runs a flow and blocks this thread; streams and pages come out for plain loops.
   *
   * @param below What the user has called; stacks begin below it.
   */
  runBlocking<T>(flow: Flow<T>, below?: BelowFrame): Blocking<T> {
    return restyle(this.plain.runBlocking(flow, below), "blocking", this.plain) as Blocking<T>;
  }

  /**
   * Starts what sync calls need.
   *
   * @param hold Told before that, where there can be something.
   */
  async warm(hold: () => void): Promise<void> {
    const { blocking, asyncFunctions, streams } = this.platform;
    // A module may do it while it loads; in the thread of async functions there are no sync calls.
    if (asyncFunctions?.blockingGuard()) return;
    const { supported, reason } = blocking.support();
    if (!supported) throw new SyncUnavailableError(`Cannot start a worker: ${reason}`);
    hold();
    await Promise.all([streams(), blocking.warm()]);
  }
}

const loop: Loop = {
  sleep(ms, clock, settle) {
    const controller = new AbortController();
    clock.sleep(ms, controller.signal).then(
      () => settle({ ok: true, value: undefined }),
      (error) => settle({ ok: false, error }),
    );
    return (error) => controller.abort(error);
  },
  after(ms, callback) {
    const timer = startTimer(callback, Math.min(Math.max(0, ms), MAX_TIMER_MS));
    return () => endTimer(timer);
  },
};

function awaitingHost({ port }: Platform): Host {
  return {
    clock: realClock,
    elapsed,
    loop,
    send({ request, attachments }, settle) {
      if (realm[REFUSALS]) refuseInTests(request, attachments);
      return (attachments.transport ? transportPort : port).start(request, attachments, settle);
    },
    read: (source, settle) => sourceOf(source, false).read(settle),
    settle({ promise }, settle) {
      promise.then(
        (value) => settle({ ok: true, value }),
        (error) => settle({ ok: false, error }),
      );
      return ignore;
    },
    invoke({ fn, args }, _timeoutMs, _start, settle) {
      const call = async (): Promise<unknown> => await fn(...args);
      call().then(
        (value) => settle({ ok: true, value }),
        (error) => settle({ ok: false, error }),
      );
      return ignore;
    },
  };
}

function blockingHost({ blocking, asyncFunctions }: Platform): Host {
  return {
    clock: realClock,
    elapsed,
    send({ request, attachments }, settle) {
      if (realm[REFUSALS]) refuseInTests(request, attachments);
      const { body } = request;
      if (isOneShot(body) && !(Symbol.iterator in body)) {
        throw new TypeError(
          `Cannot send ${describe(request)} synchronously: its body is an asynchronous stream, ` +
            `give bytes, a Blob or an Iterable<Uint8Array>`,
        );
      }
      if (attachments.transport) return blockingTransportPort.start(request, attachments, settle);
      const { supported, reason } = blocking.support();
      if (!supported) {
        throw new SyncUnavailableError(
          `Cannot send ${describe(request)} synchronously: ${reason}`,
          { request },
        );
      }
      attachments.hold?.();
      if (!attachments.fetch) return blocking.start(request, attachments, settle);
      if (asyncFunctions) return asyncFunctions.send(request, attachments, settle);
      throw new SyncBridgeError(
        `Cannot send ${describe(request)} synchronously: a custom "fetch" cannot run for a ` +
          `blocked thread here; give a "transport" with "sendSync" instead`,
        { request },
      );
    },
    read: (source, settle) => sourceOf(source, true).read(settle),
    settle({ promise, fn, site }, settle) {
      promise.then(undefined, () => {});
      settle({
        ok: false,
        error: site === LOADING ? notLoaded() : refuseAsync(fn, site, "promise"),
      });
      return ignore;
    },
    invoke(operation, timeoutMs, start, settle) {
      if (asyncFunctions) return asyncFunctions.invoke(operation, timeoutMs, start, settle);
      throw refuseAsync(operation.fn, operation.site, "no thread");
    },
    block: (ms) => blocking.wait(ms),
  };
}

function ignore(): void {}

function notLoaded(): SyncUnavailableError {
  return new SyncUnavailableError(
    'Cannot use streams and pages in a sync call yet: they are loaded later, "await warmSync()" first',
  );
}

/** Counts the tests that let this thread send nothing; `./testing` does. */
const REFUSALS = Symbol.for("@ax/client.networkRefusals");
const realm = globalThis as { [REFUSALS]?: number };

/** No error of the network: it is not to be retried. */
function refuseInTests(request: HttpRequest, { transport, fetch }: Attachments): void {
  if (transport || fetch) return;
  throw new AxError(
    `Cannot send ${
      describe(request)
    }: the network is refused ("refuseNetwork()" of a test); give ` +
      `the client a "transport", such as a MockTransport: a stubbed fetch, msw, nock or a ` +
      `MockAgent never reaches the worker of sync calls`,
    { request },
  );
}

/** A body belongs to the style of the call that it came with. */
function sourceOf(source: BodySource, blocking: boolean): BodySource {
  if (source.blocking === blocking) return source;
  throw new TypeError(
    blocking
      ? 'Cannot read a streamed body synchronously: it belongs to an async call, read it with "for await"'
      : "Cannot read a streamed body: it belongs to a sync call, read it with runSync or a plain loop",
  );
}
