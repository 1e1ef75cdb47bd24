import { native } from "../transport/native.ts";
import type { BlockingPort } from "../transport/port.ts";
import { Bridge } from "./bridge.ts";
import { anyThreads as threads } from "./thread.ts";
import { threadWaiter } from "./waiter.ts";

let port: Bridge | undefined;

/**
 * The bridge of this thread, to a worker that sends with the fetch of Deno, Node or Bun; it keeps
 * the source of its worker that it was first given.
 */
export function bridgePort(source: string | URL): BlockingPort {
  return port ??= new Bridge({ runtime: native, source, threads, waiter: threadWaiter });
}
