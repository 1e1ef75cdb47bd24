/**
 * What the package must do where no thread can be started: the async style works, the sync one
 * says why it does not. Each entry is `true`, or what went wrong.
 */
// deno-lint-ignore-file explicit-module-boundary-types -- plain JavaScript, for every runtime
import { same, thrownBy } from "./check.mjs";

const LINES = ["one", "two", "three"];

/**
 * @param client The package's entry `.`.
 * @param testing Its entry `./testing`.
 * @param url Where the probe server listens.
 * @param reason What `syncSupport()` must say.
 */
export async function checkEdge(client, testing, url, reason) {
  const report = {};
  const step = async (name, run) => {
    try {
      report[name] = await run();
    } catch (error) {
      report[name] = `${error?.stack ?? error}`;
    }
  };
  const refused = (error) =>
    same([error.name, error.message.endsWith(reason)], ["SyncUnavailableError", true]);
  const api = client.create({ baseURL: url, timeout: 10_000 });

  await step("async", async () => same((await api.get("/json")).data, { a: 1 }));
  await step("stream", async () => {
    const lines = [];
    const response = await api.stream("/lines");
    for await (const line of response.iterLines()) lines.push(line);
    return same(lines, LINES);
  });
  await step("interceptor", async () => {
    const child = api.extend();
    child.interceptors.request.use(async (request) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      request.headers.set("x-edge", "yes");
    });
    return same((await child.get("/echo")).data["x-edge"], "yes");
  });
  await step("syncSupport", () => same(client.syncSupport(), { supported: false, reason }));
  await step("getSync", () => refused(thrownBy(() => api.getSync("/json"))));
  await step("stream sync", () => refused(thrownBy(() => api.streamSync("/lines"))));
  await step("allSync", () => refused(thrownBy(() => api.allSync([api.flow.get("/json")]))));
  // By looks at the clock, as a page's main thread does.
  await step("runSync", () => same(client.runSync(client.sleep(5)), undefined));
  await step("warmSync", async () => refused(await api.warmSync().catch((error) => error)));
  await step("share", () => {
    const { name } = thrownBy(() => client.CancelToken.from({}));
    if (typeof SharedArrayBuffer !== "undefined") return same(name, "TypeError");
    const error = thrownBy(() => new client.CancelToken().share());
    return same([error.name, name], ["SyncUnavailableError", "TypeError"]);
  });
  await step("testing", async () => {
    const transport = new testing.MockTransport();
    transport.on("GET", "/a").reply(200, { a: 1 });
    const mocked = api.extend({ transport });
    return same([(await mocked.get("/a")).data, mocked.getSync("/a").data], [{ a: 1 }, { a: 1 }]);
  });
  await step("close", async () => {
    api.close();
    return same((await api.get("/json").catch((error) => error)).name, "TypeError");
  });
  return report;
}
