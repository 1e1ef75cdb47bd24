import type { HttpRequest, HttpResponse, Settle } from "../http/message.ts";
import { elapsed } from "../runtime/clock.ts";
import type { ReportBytes } from "../transport/progress.ts";
import type { Download } from "./download.ts";
import type { Link } from "./link.ts";
import type { Upload } from "./upload.ts";

/** What the worker has more than a request's limit to say that it was reached. */
const GRACE_MS = 1000;
/** How often a worker is asked for a sign of life while it owes an answer that has no limit. */
export const PING_MS = 20_000;
/** So many such questions in a row left open, and the worker is dead. */
const MAX_OPEN_PINGS = 3;

/**
 * One send, as the calling thread knows it until it is over. The worker ends it when its time is
 * over, but nothing here rests on that: this end has a limit of its own, a little later.
 */
export interface Sent {
  readonly request: HttpRequest;
  readonly report: ReportBytes | undefined;
  /** Dropped when the response is there: an open stream must not keep its call from being collected. */
  settle: Settle<HttpResponse> | undefined;
  readonly upload: Upload | undefined;
  download: Download | undefined;
  /** When this end has to look after it. */
  due: number;
  /** Whether the worker's extra time runs. */
  late: boolean;
  /** Without a limit: the worker's last sign of life, and the questions that it left open since. */
  aliveCount: number;
  openPings: number;
}

/** Begins the time of a send: for the response, or for the next chunk of it. */
export function beginTime(sent: Sent): void {
  const { timeoutMs } = sent.request;
  sent.late = false;
  sent.openPings = 0;
  sent.due = elapsed() + (timeoutMs === false ? PING_MS : timeoutMs);
}

/**
 * Looks after a send that is due; tells what that means. A slow worker answers at last: a dead one
 * is not told from it by time alone.
 */
export function lookAfter(
  sent: Sent,
  worker: Pick<Link<{ readonly type: string }, unknown>, "ready" | "aliveCount" | "ping">,
): "wait" | "timeout" | "not started" | "dead" {
  if (sent.request.timeoutMs !== false) {
    if (!worker.ready) return "not started";
    if (sent.late) return "timeout";
    sent.late = true;
    sent.due = elapsed() + GRACE_MS;
    return "wait";
  }
  if (worker.aliveCount !== sent.aliveCount) sent.openPings = 0;
  if (sent.openPings === MAX_OPEN_PINGS) return "dead";
  sent.aliveCount = worker.aliveCount;
  sent.openPings++;
  worker.ping();
  sent.due = elapsed() + PING_MS;
  return "wait";
}
