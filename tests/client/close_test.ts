import { assertEquals } from "@std/assert";
import { type Client, create, portable, runSync } from "../../mod.ts";
import { MockTransport } from "../../src/testing/mod.ts";
import { eventually, sharedServer } from "../support/server.ts";

const server = sharedServer();

/** Everything that may start a thread. */
const USES: readonly [name: string, use: (api: Client) => unknown][] = [
  ["get()", (api) => api.get("/json")],
  ["getSync()", (api) => api.getSync("/json")],
  ["runSync() of a flow", (api) => runSync(api.flow.get("/json"))],
  ["allSync()", (api) => api.allSync([api.flow.get("/json"), api.flow.get("/json")])],
  ["streamSync()", (api) => api.streamSync("/stream?size=100000").iterBytes().next()],
  ["warmSync()", (api) => api.warmSync()],
  ["an async function in a sync call", (api) => {
    const transformResponse = [portable(async (data) => await data)];
    return api.getSync("/json", { transformResponse });
  }],
  ["an async function in runSync()", (api) => {
    const transport = new MockTransport();
    transport.on("GET", "/mocked").reply(200);
    const transformResponse = [portable(async (data) => await data)];
    return runSync(api.flow.get("/mocked", { transport, transformResponse }));
  }],
];

for (const [name, use] of USES) {
  Deno.test(`close() leaves no handle behind after ${name}`, {
    sanitizeOps: true,
    sanitizeResources: true,
  }, async () => {
    const key = name.replaceAll(/\W/g, "");
    const api = create({ baseURL: server.url, headers: { "x-test-key": key } });
    await use(api);
    api.close();
    // Deno keeps the connections of this thread for the next call.
    if (name !== "get()") await eventually(() => server.open(key), (open) => open === 0);
  });
}

Deno.test("close() of one client leaves the thread's worker to others that have used it", async () => {
  using api = create({ baseURL: server.url, headers: { "x-test-key": "worker" } });
  const call = () => runSync(api.flow.get("/json"));
  call();
  create().close();
  const other = create({ baseURL: server.url });
  other.getSync("/json");
  other.close();
  call();
  // A worker has connections of its own.
  const peers = (await server.requests("worker")).map(({ peer }) => peer);
  assertEquals([peers.length, new Set(peers).size], [2, 1]);
});
