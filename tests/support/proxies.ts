/** Proxies and what is behind them, see `network_worker.ts`. */

import type { NetworkOps, NetworkPorts } from "./network_worker.ts";
import { shared } from "./server.ts";
import { openLink } from "./worker_link.ts";

/** Running proxies. */
export interface Proxies {
  readonly ports: NetworkPorts;
  /** The path of a unix socket with a server behind it. */
  readonly socket: string;
  /** The authority that the certificates of the servers are from, PEM. */
  readonly ca: string;
  /** What came to a proxy since the last question. */
  seen(port: number): Promise<string[]>;
  close(): Promise<void>;
}

/** A file of `tls/`. */
export function pem(name: string): string {
  return Deno.readTextFileSync(new URL(`./tls/${name}`, import.meta.url));
}

async function start(): Promise<Proxies> {
  const link = openLink<NetworkOps>(new URL("./network_worker.ts", import.meta.url));
  const folder = await Deno.makeTempDir();
  const socket = `${folder}/http.sock`;
  return {
    ports: await link.ask("start", socket),
    socket,
    ca: pem("ca.pem"),
    seen: async (port) => await (await fetch(`http://127.0.0.1:${port}/__seen`)).json(),
    close: async () => {
      link.terminate();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** Proxies for all tests of a file. */
export function sharedProxies(): Proxies {
  return shared(start);
}
