/**
 * What the package must do in every runtime, one entry per check: `true`, or what went wrong.
 * Nothing is closed at the end: the process has to end all the same.
 */
// deno-lint-ignore-file explicit-module-boundary-types -- plain JavaScript, for every runtime
import { watch } from "./watch.mjs";

const LINES = ["one", "two", "three"];

/**
 * @param load Imports or requires an entry of the package, by its specifier.
 * @param loadTwin Imports or requires the module whose client has an async interceptor, if any.
 * @param url Where the probe server listens.
 */
export async function check(load, loadTwin, url) {
  const watching = watch();
  const client = await load("@ax/client");
  const effects = watching.stop();
  const report = { import: effects.length === 0 || effects.join(", ") };
  const step = async (name, run) => {
    try {
      report[name] = await run();
    } catch (error) {
      report[name] = `${error?.stack ?? error}`;
    }
  };
  const api = client.create({ baseURL: url, timeout: 10_000 });

  await step("testing", async () => {
    const { MockTransport } = await load("@ax/client/testing");
    const transport = new MockTransport();
    transport.on("GET", "/a").reply(200, { a: 1 });
    return same(api.getSync("/a", { transport }).data, { a: 1 });
  });
  await step("async", async () => same((await api.get("/json")).data, { a: 1 }));
  await step("sync", () => same(api.getSync("/json").data, { a: 1 }));
  await step("stream", async () => {
    const awaited = [];
    const response = await api.stream("/lines");
    for await (const line of response.iterLines()) awaited.push(line);
    return same(awaited, LINES);
  });
  await step("stream sync", () => {
    const response = api.streamSync("/lines");
    return same([...response.iterLines()], LINES);
  });
  if (loadTwin) {
    await step("twin", async () => {
      const { api: twin } = await loadTwin();
      const both = [await twin.get(`${url}/echo`), twin.getSync(`${url}/echo`)];
      return same(both.map(({ data }) => data["x-twin"]), ["from the module", "from the module"]);
    });
  }
  await step("portable", async () => {
    const child = api.extend();
    child.use(client.portable(async (request, next) => {
      request.headers.set("x-portable", "yes");
      const response = await next(request);
      response.data = { ...response.data, after: await Promise.resolve(true) };
      return response;
    }));
    const both = [await child.get("/echo"), child.getSync("/echo")];
    const seen = both.map(({ data }) => [data["x-portable"], data.after]);
    return same(seen, [["yes", true], ["yes", true]]);
  });
  await step("errors", async () => {
    const refused = url.replace(/:\d+$/, ":1");
    const errors = [
      await api.get(refused, { allowAbsoluteUrls: true }).catch((error) => error),
      thrownBy(() => api.getSync(refused, { allowAbsoluteUrls: true })),
    ];
    return same(errors.map(({ code }) => code), ["AX_NETWORK", "AX_NETWORK"]);
  });
  return report;
}

export function same(actual, expected) {
  const [is, should] = [actual, expected].map((value) => JSON.stringify(value));
  return is === should || `${is}, not ${should}`;
}

export function thrownBy(run) {
  try {
    run();
  } catch (error) {
    return error;
  }
  return new Error("nothing was thrown");
}
