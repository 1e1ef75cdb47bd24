/*
 * Clients for the plugins: without a platform, so that a page that uses a plugin does not load the
 * platform of the other entry as well.
 */
import type { Client } from "./client.ts";
import type { ClientConfig } from "./config/options.ts";
import { Surface } from "./surface.ts";
import type { BlockingPort } from "./transport/port.ts";

function refuse(): never {
  throw new TypeError("Cannot send by this client: it has no transport of its own");
}

/** The port where no thread blocks. */
export function noBlocking(reason: string): BlockingPort {
  const refuse = (): never => {
    throw new TypeError(`Cannot block this thread: ${reason}`);
  };
  return {
    ...{ start: refuse, wait: refuse, warm: refuse, retain() {}, release: () => false },
    support: () => ({ supported: false, reason }),
  };
}

const surface = /* @__PURE__ */ new Surface(() => ({
  port: { start: refuse },
  streams: refuse,
  blocking: noBlocking("this client has no transport of its own"),
}));

/** Makes a client whose flows run in the call that they are part of; its own calls need a transport. */
export function create(config: ClientConfig): Client {
  return surface.create(config);
}
