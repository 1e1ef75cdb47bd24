/*
 * Clients for the plugins: without a platform, so that a page that uses a plugin does not load the
 * platform of the other entry as well.
 */
import { Client } from "./client.ts";
import type { ClientConfig } from "./config/options.ts";
import { type Surface, surfaceOf } from "./surface.ts";

function refuse(): never {
  throw new TypeError("Cannot send by this client: it has no transport of its own");
}

const surface: Surface = /* @__PURE__ */ surfaceOf(() => ({
  port: { start: refuse },
  streams: refuse,
  blocking: {
    start: refuse,
    wait: refuse,
    warm: refuse,
    support: () => ({ supported: false, reason: "it has no transport of its own" }),
    retain() {},
    release: () => false,
  },
}));

/** Makes a client whose flows run in the call that they are part of; its own calls need a transport. */
export function create(config: ClientConfig): Client {
  return new Client(surface.engine(), config);
}
