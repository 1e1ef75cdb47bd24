import { native } from "../transport/native.ts";
import type { BlockingPort } from "../transport/port.ts";
import { Bridge } from "./bridge.ts";
import { threadWaiter as waiter } from "./link.ts";
import { anyThreads as threads } from "./thread.ts";

let bridge: BlockingPort | undefined;

/** The bridge of this thread; it keeps the source of its worker that it was first given. */
export function bridgePort(source: string | URL): BlockingPort {
  return bridge ??= new Bridge({ runtime: native, source, threads, waiter });
}
