import type { HttpRequest, HttpResponse, Settle } from "../http/message.ts";
import { elapsed } from "../runtime/clock.ts";
import type { ReportBytes } from "../transport/progress.ts";
import type { Download } from "./download.ts";
import type { Upload } from "./upload.ts";

/** What the worker has more than a request's limit to say that it was reached. */
const GRACE_MS = 1000;
/** How often a worker is asked for a sign of life while it owes an answer that has no limit. */
const PING_MS = 20_000;
/** So many such questions in a row left open, and the worker is dead. */
const MAX_OPEN_PINGS = 3;

/** What is asked of the worker. */
interface Worker {
  /** Whether it listens. */
  readonly ready: boolean;
  /** How many signs of life it has given. */
  readonly aliveCount: number;
  /** Asks for one more. */
  ping(): void;
}

/** What it means that a send is overdue. */
export type Overdue = "wait" | "timeout" | "not started" | "dead";

/**
 * One send, as the calling thread knows it until it is over. The worker ends it when its time is
 * over, but nothing here rests on that: this end has a limit of its own, a little later.
 */
export class Sent {
  readonly request: HttpRequest;
  readonly report: ReportBytes | undefined;
  /** Dropped when the response is there: an open stream must not keep its call from being collected. */
  settle: Settle<HttpResponse> | undefined;
  upload: Upload | undefined;
  download: Download | undefined;
  /** When this end has to look after it. */
  due = Infinity;
  /** Whether the worker's extra time runs. */
  #late = false;
  #aliveCount = -1;
  #openPings = 0;

  constructor(
    request: HttpRequest,
    report: ReportBytes | undefined,
    settle: Settle<HttpResponse>,
  ) {
    this.request = request;
    this.report = report;
    this.settle = settle;
  }

  /** The request's time begins: for the response, or for the next chunk of it. */
  begin(): void {
    const { timeoutMs } = this.request;
    this.#late = false;
    this.#openPings = 0;
    this.due = elapsed() + (timeoutMs === false ? PING_MS : timeoutMs);
  }

  /** Nothing is expected in time. */
  rest(): void {
    this.due = Infinity;
  }

  /** Looks after it when it is due. */
  look(worker: Worker): Overdue {
    if (this.request.timeoutMs === false) return this.#lookForLife(worker);
    if (!worker.ready) return "not started";
    if (this.#late) return "timeout";
    this.#late = true;
    this.due = elapsed() + GRACE_MS;
    return "wait";
  }

  /** A slow worker answers at last; a dead one is not told from it by time alone. */
  #lookForLife(worker: Worker): Overdue {
    if (worker.aliveCount !== this.#aliveCount) this.#openPings = 0;
    if (this.#openPings === MAX_OPEN_PINGS) return "dead";
    this.#aliveCount = worker.aliveCount;
    this.#openPings++;
    worker.ping();
    this.due = elapsed() + PING_MS;
    return "wait";
  }
}
