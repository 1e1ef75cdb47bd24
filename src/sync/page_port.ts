/*
 * Sync calls in a browser: by XMLHttpRequest from the first one on, by the bridge once it is there.
 */
import type { Attachments, HttpRequest, HttpResponse, Settle, Stop } from "../http/message.ts";
import { isolationProblem } from "../runtime/runtime.ts";
import type { BlockingPort, SyncSupport } from "../transport/port.ts";
import { hasXhr, xhrPort } from "../transport/page.ts";
import type { Bridge } from "./bridge.ts";

/** The port of sync calls in a page and its workers. */
export class PagePort implements BlockingPort {
  readonly #xhr = xhrPort(wayOut);
  #bridge: Bridge | undefined;
  #clients = 0;

  /** Whether this thread can wait for a response. */
  support(): SyncSupport {
    if (this.#bridge?.ready) return { supported: true, via: "worker" };
    if (hasXhr()) return { supported: true, via: "xhr" };
    const reason = 'this thread has no XMLHttpRequest; where there are threads, use "@ax/client"';
    return { supported: false, reason };
  }

  /** Sends a request; a bridge whose worker was stopped leaves it to XMLHttpRequest. */
  start(request: HttpRequest, attachments: Attachments, settle: Settle<HttpResponse>): Stop {
    const bridge = this.#bridge;
    return (bridge?.ready ? bridge : this.#xhr).start(request, attachments, settle);
  }

  /** Blocks until the bridge has handled something; XMLHttpRequest never leaves anything to it. */
  wait(ms: number): void {
    this.#bridge?.wait(ms);
  }

  /** Loads the bridge and starts its worker, where there can be one. */
  async warm(): Promise<void> {
    if (isolationProblem() !== undefined) return;
    const { pageBridge } = await import("./page_bridge.ts");
    if (!this.#bridge) {
      this.#bridge = pageBridge();
      for (let client = 0; client < this.#clients; client++) this.#bridge.retain();
    }
    await this.#bridge.warm();
  }

  /** Counts one more open client. */
  retain(): void {
    this.#clients++;
    this.#bridge?.retain();
  }

  /** Counts one open client less; the worker stops with the last one. */
  release(): boolean {
    this.#clients--;
    return this.#bridge?.release() ?? this.#clients === 0;
  }
}

/** How this thread comes by what XMLHttpRequest cannot do. */
function wayOut(): string {
  const problem = isolationProblem();
  return problem === undefined
    ? '"await warmSync()" first'
    : `${problem}, and "await warmSync()" there`;
}
