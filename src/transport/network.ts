import type { NetworkOptions } from "../http/transport.ts";
import { maskerOf, maskThrown } from "../ax_error.ts";
import { runtimeName } from "../runtime/runtime.ts";
import type { Route } from "./fetch.ts";

/** The network options that say something; `dispatch` is no way to reach the network. */
function givenOptions({ dispatch: _, ...network }: NetworkOptions): NetworkOptions {
  return Object.fromEntries(
    Object.entries(network).filter(([, value]) => value !== undefined && value !== false),
  );
}

/** Whether network options leave everything to Node's own dispatcher. */
export function isPlainNetwork(network: NetworkOptions): boolean {
  return network.dispatch !== false && Object.keys(givenOptions(network)).length === 0;
}

/** The names of the network options that say something. */
export function networkNames(network: NetworkOptions): string {
  return Object.keys(givenOptions(network)).map((name) => `network.${name}`).join(", ");
}

/** What can be said against network options that say something; completes "Cannot use …". */
export function networkProblem(network: NetworkOptions, custom: boolean): string | undefined {
  if (custom) return '"network" with a custom "fetch": tell that fetch by itself';
  const given = givenOptions(network);
  if (given.proxy !== undefined && given.unixSocket !== undefined) {
    return '"network": give "proxy" or "unixSocket", not both';
  }
  const runtime = runtimeName();
  if (runtime === "bun" && given.http2) return "network.http2: fetch in Bun cannot do it";
  return runtime === "deno" || runtime === "node" || runtime === "bun"
    ? undefined
    : `${networkNames(network)}: fetch in this runtime cannot do it`;
}

/** More than these are taken for a client that makes up options for each call. */
const MAX_ROUTES = 32;
const routes = new Map<string, Route>();

/**
 * The route for network options, made once per thread so that its connections are reused;
 * `undefined` where they say nothing of it.
 * Never ignores an option: a request that goes out without its proxy or certificates may do harm.
 *
 * @throws {TypeError} With the reason, where they cannot be used.
 */
export function routeOf(network: NetworkOptions): Route | undefined {
  const given = givenOptions(network);
  if (Object.keys(given).length === 0) return undefined;
  const key = JSON.stringify([given, given.proxy === "env" ? environment() : undefined]);
  let route = routes.get(key);
  if (!route) {
    try {
      route = makeRoute(given);
    } catch (cause) {
      // A proxy's URL has its password in it.
      const mask = maskerOf({ network });
      const { message } = maskThrown(cause, mask) as Error;
      throw new TypeError(`Cannot use ${networkNames(given)}: ${message}`, { cause });
    }
    if (routes.size >= MAX_ROUTES) routes.delete([...routes.keys()][0] ?? "");
    routes.set(key, route);
  }
  return route;
}

function makeRoute(network: NetworkOptions): Route {
  switch (runtimeName()) {
    case "deno":
      return denoRoute(network);
    case "bun":
      return bunRoute(network);
    default:
      return nodeRoute(network);
  }
}

interface DenoLike {
  createHttpClient(options: Record<string, unknown>): unknown;
}

/** Environment variables reach Deno's fetch by themselves, on both threads. */
function denoRoute({ proxy, caCerts, cert, key, unixSocket, http2 }: NetworkOptions): Route {
  const options: Record<string, unknown> = {
    ...caCerts && { caCerts },
    ...cert !== undefined && { cert },
    ...key !== undefined && { key },
    ...http2 !== undefined && { http2, http1: true },
    ...unixSocket !== undefined && { proxy: { transport: "unix", path: unixSocket } },
    ...proxy !== undefined && proxy !== "env" && { proxy: denoProxy(proxy) },
  };
  if (Object.keys(options).length === 0) return { init: {} };
  const deno = (globalThis as unknown as { Deno: DenoLike }).Deno;
  return { init: { client: deno.createHttpClient(options) } };
}

function denoProxy(proxy: string): Record<string, unknown> {
  const { url, username, password, basic } = proxyOf(proxy);
  return { url, ...basic !== undefined && { basicAuth: { username, password } } };
}

interface ProxyAddress {
  readonly url: string;
  readonly username: string;
  readonly password: string;
  /** The credentials as a header has them; `undefined` where there are none. */
  readonly basic: string | undefined;
}

/** The address of a proxy, without its credentials, and these. */
function proxyOf(proxy: string): ProxyAddress {
  const url = new URL(proxy);
  const [username, password] = [url.username, url.password].map(decodeURIComponent) as [
    string,
    string,
  ];
  url.username = url.password = "";
  const bytes = new TextEncoder().encode(`${username}:${password}`);
  const basic = bytes.byteLength > 1 ? `Basic ${btoa(String.fromCharCode(...bytes))}` : undefined;
  return { url: url.href, username, password, basic };
}

function bunRoute(network: NetworkOptions): Route {
  const { proxy, unixSocket } = network;
  const tls = tlsOf(network);
  return {
    init: {
      ...Object.keys(tls).length > 0 && { tls },
      ...proxy !== undefined && proxy !== "env" && { proxy },
      ...unixSocket !== undefined && { unix: unixSocket },
    },
  };
}

function tlsOf({ caCerts, cert, key }: NetworkOptions): Record<string, unknown> {
  return {
    ...caCerts && { ca: [...rootCertificates(), ...caCerts] },
    ...cert !== undefined && { cert },
    ...key !== undefined && { key },
  };
}

interface Tunnel {
  readonly statusCode: number;
  readonly socket: { on(event: "error", listener: () => void): { destroy(): void } };
}

interface Pool {
  connect(options: object): Promise<Tunnel>;
}

type Dispatching = new (options: object) => unknown;

interface Undici {
  readonly fetch: typeof globalThis.fetch;
  readonly Agent: Dispatching;
  readonly Pool: new (origin: unknown, options: object) => Pool;
  readonly ProxyAgent: Dispatching;
  readonly EnvHttpProxyAgent?: Dispatching;
}

/** Node's own fetch takes a dispatcher only of its own version of undici, so undici's is used. */
function nodeRoute(network: NetworkOptions): Route {
  const { proxy, unixSocket, http2 } = network;
  const undici = loadUndici();
  if (!undici) {
    throw new Error('in Node it needs the package "undici", run "npm install undici"');
  }
  const { Agent, ProxyAgent, EnvHttpProxyAgent, fetch } = undici;
  const init = (dispatcher: unknown): Route => ({ init: { dispatcher }, fetch });
  const allowH2 = http2 === true;
  const tls = tlsOf(network);
  const connect = { ...tls, ...unixSocket !== undefined && { socketPath: unixSocket } };
  if (proxy === undefined) return init(new Agent({ connect, allowH2 }));
  const options = {
    requestTls: { ...tls, allowH2 },
    ...tls.ca !== undefined && { proxyTls: { ca: tls.ca } },
    allowH2,
    // Plain requests go to the proxy as they are, as by curl and in Deno.
    proxyTunnel: false,
    clientFactory: (origin: unknown, options: object) => proxyPool(undici, origin, options),
  };
  if (proxy !== "env") {
    const { url, basic } = proxyOf(proxy);
    return init(new ProxyAgent({ ...options, uri: url, ...basic && { token: basic } }));
  }
  if (!EnvHttpProxyAgent) throw new Error('a proxy from "env" needs undici 6.14 or newer');
  return init(new EnvHttpProxyAgent({ ...options, connect }));
}

/**
 * The connections to a proxy that opens tunnels. Where it does not, that is an error of the request:
 * undici takes a proxy that hangs up for a passing trouble, and calls it again and again.
 */
function proxyPool({ Pool }: Undici, origin: unknown, options: object): Pool {
  const pool = new Pool(origin, options);
  const connect = pool.connect.bind(pool);
  pool.connect = async (options) => {
    const { socket, statusCode } = await connect(options).catch((cause) => {
      throw cause.code === "UND_ERR_SOCKET" ? new Error("the proxy hung up", { cause }) : cause;
    });
    if (statusCode === 200) return { socket, statusCode };
    socket.on("error", () => {}).destroy();
    // As undici says it.
    throw new Error(`Proxy response (${statusCode}) !== 200 when HTTP Tunneling`);
  };
  return pool;
}

/** The proxies of the environment, which may change; Deno, which asks before it tells, sees to it. */
function environment(): unknown {
  if (runtimeName() !== "node") return undefined;
  const env = nodeProcess()?.env ?? {};
  return ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"].map((name) => env[name]);
}

interface NodeLike {
  readonly argv?: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  cwd(): string;
  getBuiltinModule?(name: string): unknown;
}

function nodeProcess(): NodeLike | undefined {
  return (globalThis as { process?: NodeLike }).process;
}

function builtin<T>(name: string): T | undefined {
  return nodeProcess()?.getBuiltinModule?.(name) as T | undefined;
}

function rootCertificates(): readonly string[] {
  return builtin<{ rootCertificates?: readonly string[] }>("node:tls")?.rootCertificates ?? [];
}

/** An optional peer: found from the program and from where it was started. */
function loadUndici(): Undici | undefined {
  const node = nodeProcess();
  const module = builtin<{ createRequire(from: string): (name: string) => unknown }>("node:module");
  if (!node || !module) return undefined;
  for (const from of [node.argv?.[1], `${node.cwd()}/package.json`]) {
    try {
      if (from !== undefined) return module.createRequire(from)("undici") as Undici;
    } catch {
      // Not there; the next place, or the error that names the package.
    }
  }
  return undefined;
}
