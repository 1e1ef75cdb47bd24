/**
 * Dispatchers of the npm package `undici` in the place of Node's: `node agents.mjs <folder>`. What
 * comes of calls by fetch and by the dispatcher must be the same.
 */

// deno-lint-ignore-file no-console -- the test reads what it prints
import { Buffer } from "node:buffer";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { type AddressInfo, connect } from "node:net";
import process from "node:process";
import { type AxError, create, type RequestConfig } from "../../../mod.ts";

interface Dispatcher {
  dispatch(options: Options, handler: object): boolean;
}

interface Options {
  readonly headers: Readonly<Record<string, string>>;
}

interface Agent extends Dispatcher {
  compose(wrap: (dispatch: Dispatcher["dispatch"]) => Dispatcher["dispatch"]): Agent;
}

interface MockAgent extends Agent {
  disableNetConnect(): void;
  get(origin: string): {
    intercept(request: { path: string; method: string }): {
      reply(status: number, data: object, rest: object): { persist(): void };
    };
  };
}

interface Undici {
  readonly Agent: new () => Agent;
  readonly RetryAgent: new (agent: Agent) => Dispatcher;
  readonly EnvHttpProxyAgent: new () => Dispatcher;
  readonly ProxyAgent: new (options: { uri: string }) => Dispatcher;
  readonly MockAgent: new () => MockAgent;
  setGlobalDispatcher(dispatcher: Dispatcher): void;
}

const undici = createRequire(`${process.argv[2]}/x.js`)("undici") as Undici;

/** Tells what it was sent; a proxy as well. */
const server = createServer((request, response) => {
  const body: Uint8Array[] = [];
  request.on("data", (chunk: Uint8Array) => body.push(chunk));
  request.on("end", () => {
    const { method, url, headers } = request;
    const text = Buffer.concat(body).toString("latin1");
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ method, url, headers, text }));
  });
});
server.on("connect", ({ url = "" }, socket) => {
  const [host, port] = url.split(":");
  const upstream = connect(Number(port), host, () => {
    socket.write("HTTP/1.1 200 OK\r\n\r\n");
    upstream.pipe(socket);
    socket.pipe(upstream);
  });
  upstream.on("error", () => socket.destroy());
  socket.on("error", () => upstream.destroy());
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

function mock(): Dispatcher {
  const agent = new undici.MockAgent();
  agent.disableNetConnect();
  for (const method of ["GET", "POST"]) {
    const headers = { "content-type": "application/json" };
    agent.get(baseURL).intercept({ path: "/", method }).reply(200, { mock: method }, { headers })
      .persist();
  }
  return agent;
}

const DISPATCHERS: Readonly<Record<string, () => Dispatcher>> = {
  Agent: () => new undici.Agent(),
  RetryAgent: () => new undici.RetryAgent(new undici.Agent()),
  EnvHttpProxyAgent: () => new undici.EnvHttpProxyAgent(),
  ProxyAgent: () => new undici.ProxyAgent({ uri: baseURL }),
  "an interceptor": () =>
    new undici.Agent().compose((dispatch) => (options, handler) =>
      dispatch({ ...options, headers: { ...options.headers, "x-added": "1" } }, handler)
    ),
  MockAgent: mock,
};

const byFetch = create({ baseURL, network: { dispatch: false } });
const byDispatcher = create({ baseURL });
const CALLS: readonly (() => RequestConfig)[] = [
  () => ({ url: "/" }),
  () => ({ url: "/", method: "POST", json: { a: 1 } }),
  () => ({ url: "/", method: "POST", data: [new Uint8Array(5), new Uint8Array(6)].values() }),
  () => ({ url: "/elsewhere" }),
];

async function outcomes(api: typeof byFetch): Promise<unknown[]> {
  const list: unknown[] = [];
  for (const config of CALLS) {
    list.push(
      await api.request(config()).then(
        ({ data }) => data,
        ({ code, message }: AxError) => ({ code, message }),
      ),
    );
  }
  return list;
}

for (let left = 4; left > 0; left--) await byDispatcher.get("/");
const told: Record<string, [actual: unknown, expected: unknown]> = {};
for (const [name, make] of Object.entries(DISPATCHERS)) {
  undici.setGlobalDispatcher(make());
  told[name] = [await outcomes(byDispatcher), await outcomes(byFetch)];
}
console.log(JSON.stringify(told));
process.exit(0);
