/** Proxies: what they are sent, and those that do not do what they are asked for. */

import type { NetworkOptions } from "../../../mod.ts";
import type { NetworkPorts } from "../../support/network_worker.ts";
import type { Kit, Row } from "./kit.ts";
import { told } from "./kit.ts";

interface Target {
  readonly plain: string;
  readonly secure: string;
}

function targetsOf({ servers: { ports } }: Kit): Target {
  return {
    plain: `http://127.0.0.1:${ports.origin}/x`,
    secure: `https://localhost:${ports.secure}/x`,
  };
}

async function get(kit: Kit, url: string, network: NetworkOptions): Promise<string> {
  using api = kit.ax.create({ timeout: 3_000, network: { caCerts: [kit.servers.ca], ...network } });
  const config = { validateStatus: false } as const;
  try {
    const { status } = kit.style === "async"
      ? await api.get(url, config)
      : api.getSync(url, config);
    return String(status);
  } catch (error) {
    return told(error);
  }
}

/** What came to a proxy since it was asked the last time. */
async function seenBy(port: number): Promise<string[]> {
  return await (await fetch(`http://127.0.0.1:${port}/__seen`)).json();
}

/** The same with names in place of ports. */
function named(seen: readonly string[], { origin, secure }: NetworkPorts): string[] {
  return seen.map((line) =>
    line.replace(`127.0.0.1:${origin}`, "origin").replace(`localhost:${secure}`, "secure")
  );
}

const REFUSED = "NetworkError: Cannot reach REQUEST: ";

function proxy(port: number, userinfo = ""): string {
  return `http://${userinfo}127.0.0.1:${port}`;
}

/** Once for each way of carrying would be the same twice. */
const once: Row["runs"] = ({ way }) => way === "fetch";
const inNode: Row["runs"] = ({ way, runtime }) => way === "fetch" && runtime === "node";

/** Rows about proxies. */
export const proxyRows: readonly Row[] = [
  {
    name: "a proxy is sent plain requests as they are, and opens tunnels for others",
    async run(kit) {
      const { proxy: port } = kit.servers.ports;
      const { plain, secure } = targetsOf(kit);
      await seenBy(port);
      const options = { proxy: proxy(port) };
      const statuses = [await get(kit, plain, options), await get(kit, secure, options)];
      const { ports } = kit.servers;
      return [statuses, named(await seenBy(port), ports)];
    },
    runs: once,
    expected: () => [[["200", "200"], ["GET http://origin/x", "CONNECT secure"]]],
  },
  {
    name: "a proxy that closes on whatever it is sent fails the call, and is not asked on and on",
    async run(kit) {
      const { hangup } = kit.servers.ports;
      const { plain, secure } = targetsOf(kit);
      const results: unknown[] = [];
      for (const url of [plain, secure]) {
        await seenBy(hangup);
        const result = await get(kit, url, { proxy: proxy(hangup) });
        results.push(result.split(": ")[0], (await seenBy(hangup)).length <= 3);
      }
      return results;
    },
    runs: once,
    expected: () => [["NetworkError", true, "NetworkError", true]],
  },
  {
    name: "a proxy that closes on CONNECT is named in the error",
    run(kit) {
      return get(kit, targetsOf(kit).secure, { proxy: proxy(kit.servers.ports.hangup) });
    },
    runs: once,
    expected: () => [`${REFUSED}the proxy closed the connection`],
  },
  {
    name: "a proxy that refuses CONNECT fails the call with its own words",
    async run(kit) {
      const { denies } = kit.servers.ports;
      await seenBy(denies);
      const result = await get(kit, targetsOf(kit).secure, { proxy: proxy(denies) });
      return [result, (await seenBy(denies)).length];
    },
    runs: once,
    expected: () => [[`${REFUSED}the proxy refused to connect to the host`, 1]],
  },
  {
    name: "a proxy gets its credentials, for plain requests and for tunnels",
    async run(kit) {
      const { locked } = kit.servers.ports;
      const { plain, secure } = targetsOf(kit);
      const known = proxy(locked, "me:pass%20w%C3%B6rd@");
      return [
        await get(kit, plain, { proxy: known }),
        await get(kit, secure, { proxy: known }),
        await get(kit, plain, { proxy: proxy(locked, "alone@") }),
        await get(kit, secure, { proxy: proxy(locked, "alone@") }),
      ];
    },
    runs: once,
    expected: () => [["200", "200", "200", "200"]],
  },
  {
    name: "a proxy without its credentials fails the call, and says why",
    async run(kit) {
      const { locked } = kit.servers.ports;
      const { plain, secure } = targetsOf(kit);
      const unknown = { proxy: proxy(locked, "me:wrong@") };
      return [await get(kit, plain, unknown), await get(kit, secure, unknown)];
    },
    runs: once,
    expected: ({ runtime }) => {
      const error = `${REFUSED}the proxy wants credentials`;
      // Node's fetch hands out no answer of this status.
      return [[runtime === "deno" ? "407" : error, error]];
    },
  },
  {
    name: 'a proxy of "env" is read from the environment as it is when a call is made',
    async run(kit) {
      const { ports } = kit.servers;
      const { proxy: port, locked } = ports;
      const { env } = (globalThis as unknown as { process: { env: Record<string, string> } })
        .process;
      const { plain, secure } = targetsOf(kit);
      const results: unknown[] = [];
      await seenBy(port);
      env.HTTP_PROXY = env.https_proxy = proxy(port);
      results.push(await get(kit, plain, { proxy: "env" }));
      results.push(await get(kit, secure, { proxy: "env" }), named(await seenBy(port), ports));
      env.HTTP_PROXY = proxy(locked);
      results.push(await get(kit, plain, { proxy: "env" }));
      env.NO_PROXY = "127.0.0.1";
      results.push(await get(kit, plain, { proxy: "env" }), await seenBy(port));
      for (const name of ["HTTP_PROXY", "https_proxy", "NO_PROXY"]) delete env[name];
      return results;
    },
    runs: inNode,
    expected: () => [[
      "200",
      "200",
      ["GET http://origin/x", "CONNECT secure"],
      `${REFUSED}the proxy wants credentials`,
      "200",
      [],
    ]],
  },
  {
    name: "a proxy behind TLS is trusted by network.caCerts",
    async run(kit) {
      const { secureProxy } = kit.servers.ports;
      const { plain, secure } = targetsOf(kit);
      const options = { proxy: `https://localhost:${secureProxy}` };
      return [await get(kit, plain, options), await get(kit, secure, options)];
    },
    runs: once,
    expected: () => [["200", "200"]],
  },
];
