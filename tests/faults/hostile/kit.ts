/** What the rows about hostile servers are made with; they run in Deno and in Node. */

import type { Client, RequestConfig } from "../../../mod.ts";
import type { NetworkPorts } from "../../support/network_worker.ts";

/** The package: its sources in Deno, the npm copy in Node. */
export type Package = typeof import("../../../mod.ts");

/** Where a row runs. */
export interface Place {
  readonly runtime: "deno" | "node";
  /** The major version of Node. */
  readonly major: number;
  readonly style: "async" | "sync";
  /** What carries the calls in Node. */
  readonly way: "fetch" | "dispatch";
}

/** The servers. */
export interface Servers {
  /** The fault server. */
  readonly url: string;
  /** Proxies, and what is behind them. */
  readonly ports: NetworkPorts;
  /** The certificate of the authority that those behind proxies have theirs from. */
  readonly ca: string;
}

/** What a row calls with. */
export interface Kit extends Place {
  readonly ax: Package;
  /** The URL of the package's module. */
  readonly module: string;
  readonly servers: Servers;
  /** Differs in each row: for `?key=` at the fault server. */
  readonly key: string;
  /** Calls, and another call beside it, which must not notice. */
  call(path: string, config?: RequestConfig): Promise<string>;
  /** Calls for a stream, and reads that whole. */
  read(path: string, config?: RequestConfig): Promise<string>;
  /** What the fault server has seen of this row. */
  requests(): Promise<number>;
}

/** One way in which a server is hostile. */
export interface Row {
  readonly name: string;
  run(kit: Kit): Promise<unknown>;
  /** What must come of it, or one of several: not every runtime does the same each time. */
  expected(place: Place): readonly unknown[];
  /** Where it is run; everywhere unless told. */
  runs?(place: Place): boolean;
  /** Whether it keeps both ends busy for long: one that does less, and is quick, stands beside it. */
  readonly bulk?: true;
  /** Whether it starts workers of its own. */
  readonly alone?: true;
  /** Where the runtime itself may throw where nobody can catch it. */
  strays?(place: Place): boolean;
}

/** Whether a row runs with the fetch of Node. */
export function isNodeFetch({ runtime, way }: Place): boolean {
  return runtime === "node" && way === "fetch";
}

/** What of an error is the same in each runtime and row. */
export function told(error: unknown): string {
  if (!(error instanceof Error)) return `thrown: ${String(error)}`;
  const message = error.message
    .replaceAll(/"[A-Z]+ https?:[^"]*"( through the proxy "[^"]*")?/g, "REQUEST")
    .replace(/(?<=^Cannot decode .*: not valid ).*$/, "CODING");
  return `${error.constructor.name}: ${message}`;
}

function shown(status: number, text: string): string {
  return `${status} ${text.length > 60 ? `${text.length} characters` : text}`;
}

/** Makes the kit of one row. */
export function createKit(
  ax: Package,
  module: string,
  servers: Servers,
  place: Place,
  key: string,
): Kit {
  const network = isNodeFetch(place) ? { dispatch: false } : undefined;
  const client = (): Client =>
    ax.create({
      baseURL: servers.url,
      allowAbsoluteUrls: true,
      timeout: 2_000,
      headers: { "x-test-key": key },
      ...network && { network },
    });
  const call = async (path: string, config: RequestConfig = {}): Promise<string> => {
    using api = client();
    const calls = function* () {
      const flows = [
        api.flow.request({ url: path, ...config }),
        api.flow.get("/slow-drip?size=4&gap=5", { headers: { "x-test-key": "beside" } }),
      ];
      return yield* ax.concurrent(flows, { settled: true });
    };
    const [mine, beside] = place.style === "async" ? await ax.run(calls()) : ax.runSync(calls());
    if (beside?.status !== "fulfilled") return `the other call failed: ${told(beside?.reason)}`;
    if (mine?.status !== "fulfilled") return told(mine?.reason);
    return shown(mine.value.status, mine.value.text());
  };
  const read = async (path: string, config: RequestConfig = {}): Promise<string> => {
    using api = client();
    try {
      const stream = place.style === "async"
        ? await api.stream(path, config)
        : api.streamSync(path, config);
      return shown(stream.status, new TextDecoder().decode(await stream.read()));
    } catch (error) {
      return told(error);
    }
  };
  const requests = async (): Promise<number> => {
    const log = await fetch(`${servers.url}/__log?key=${encodeURIComponent(key)}`);
    return (await log.json()).requests.length;
  };
  return { ...place, ax, module, servers, key, call, read, requests };
}
