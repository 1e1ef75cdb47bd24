/**
 * A raw TCP server that misbehaves by path, in a worker of its own. Routes: `fault_routes.ts`.
 *
 * Every route understands `?key=` (or an `x-test-key` header), `?early` (do not read the
 * request's body first) and, where it ends the connection, `?how=reset|end` (RST or FIN).
 */

import { shared } from "./server.ts";
import { closing, openLink } from "./worker_link.ts";

/** One request as it arrived; recorded when its headers are complete. */
export interface FaultRequest {
  /** `TLS` for a handshake: this server speaks none. */
  method: string;
  /** Path and query. */
  url: string;
  path: string;
  key: string;
  headers: [name: string, value: string][];
  /** Bytes of the body on the wire, chunk framing included. */
  length: number;
  /** A checksum of them. */
  sum: number;
  /** Which connection carried it. */
  socket: number;
  /** In ms since the epoch. */
  at: number;
}

/** One connection. */
export interface SocketRecord {
  id: number;
  openedAt: number;
  closedAt: number | null;
  /** Who ended it first. */
  closedBy: "client" | "server" | null;
  how: "end" | "reset" | null;
  requests: number;
}

/** What the server saw; with a key, only that key's requests and their connections. */
export interface FaultLog {
  requests: FaultRequest[];
  sockets: SocketRecord[];
  /** Connections opened. */
  opened: number;
  /** Connections open right now. */
  open: number;
  /** Connections that the client ended. */
  closedByClient: number;
}

/** Questions that the fault server's worker answers. */
export interface FaultOps {
  port: number;
  log: FaultLog;
  reset: void;
  close: void;
}

/** A running fault server; `GET /__log?key=` and `/__reset` ask the same by HTTP. */
export interface FaultServer extends AsyncDisposable {
  /** Without a trailing slash. */
  readonly url: string;
  readonly port: number;
  log(key?: string): Promise<FaultLog>;
  /** Forgets requests and closed connections. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a fault server on a free port of 127.0.0.1. */
export async function startFaultServer(): Promise<FaultServer> {
  const link = openLink<FaultOps>(new URL("./fault_worker.ts", import.meta.url));
  const port = await link.ask("port");
  const close = closing(link);
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    log: (key) => link.ask("log", key),
    reset: () => link.ask("reset"),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** A fault server for all tests of a file: starts before the first one, ends after the last. */
export function sharedFaultServer(): FaultServer {
  return shared(startFaultServer);
}

/** A port where nobody listens: connections are refused. */
export function unusedPort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
