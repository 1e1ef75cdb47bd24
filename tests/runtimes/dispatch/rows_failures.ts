/** Calls that fail, are ended, or are sent once more. */

import { createServer } from "node:net";
import { CancelToken, type RequestConfig } from "../../../mod.ts";
import { failure, type Row } from "./kit.ts";

function fails(name: string, path: string, config?: RequestConfig, better?: Row["better"]): Row {
  return {
    name,
    log: "heads",
    async run(kit) {
      const stream = await kit.stream(path, config).catch(failure);
      return { stream, whole: await kit.request(path, config).catch(failure) };
    },
    ...better && { better },
  };
}

function once(name: string, path: string, config?: RequestConfig): Row {
  return { name, log: "heads", run: (kit) => kit.request(path, config) };
}

/** A row whose call the client ends. */
function ends(name: string, path: string, config?: RequestConfig): Row {
  return { ...once(name, path, config), closes: true };
}

/** A port that was free a moment ago. */
async function unusedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

let refused: Promise<number> | undefined;

/** Rows about failures, limits, signals and kept connections. */
export const failureRows: readonly Row[] = [
  ...["reset", "end"].flatMap((how) => [
    fails(`${how} before the answer`, `/reset?how=${how}`),
    fails(`${how} in the head`, `/reset-headers?how=${how}`),
    fails(`${how} in the body`, `/reset-body?how=${how}`),
    fails(`${how} in the chunks`, `/reset-chunked?how=${how}`),
  ]),
  once("POST and a reset", "/reset", { method: "POST", json: 1 }),
  once("bad chunks", "/bad-chunk"),
  once("bad lengths", "/bad-length"),
  once("a bad header", "/bad-header"),
  once("no HTTP at all", "/garbage"),
  once("headers beyond any measure", "/huge-headers?kb=100"),
  once("a retry", "/fail-then-ok/2", {
    maxRetries: 3,
    retryStrategy: { getDelay: () => 1 },
  }),
  {
    name: "a refused connection",
    repeat: 3,
    run: async (kit) => {
      refused ??= unusedPort();
      return await kit.request(`http://127.0.0.1:${await refused}/`);
    },
  },
  {
    name: "a blocked port",
    repeat: 3,
    run: (kit) => kit.request("http://127.0.0.1:6000/"),
  },
  {
    name: "a host that does not exist",
    repeat: 3,
    run: (kit) => kit.request("http://nowhere.invalid/"),
  },
  {
    name: "TLS where there is none",
    repeat: 3,
    run: (kit) => kit.request(`${kit.server.replace("http:", "https:")}/ok`),
  },
  ends("no headers in time", "/stall-headers", { timeout: 200 }),
  ends("a part of the headers in time", "/stall-headers?partial", { timeout: 200 }),
  ends("no body in time", "/stall-body", { timeout: 200 }),
  ends("a body that drips", "/slow-drip?size=100&gap=20", { timeout: 200 }),
  ends("the whole call in time", "/stall-headers", { totalTimeout: 200 }),
  {
    name: "a stream that stalls",
    closes: true,
    log: "heads",
    run: (kit) => kit.stream("/stall-body", { timeout: 200 }),
  },
  {
    name: "a stream that drips in time",
    run: (kit) => kit.stream("/slow-drip?size=10&gap=20", { timeout: 150 }),
  },
  {
    name: "a signal that has fired",
    run: (kit) => kit.request("/ok", { signal: AbortSignal.abort(new Error("no")) }),
  },
  {
    name: "a signal that fires before the head",
    log: "heads",
    awaited: true,
    closes: true,
    run: (kit) => {
      return kit.request("/stall-headers", { signal: firing() });
    },
  },
  {
    name: "a signal that fires in the body",
    log: "heads",
    awaited: true,
    closes: true,
    run: (kit) => {
      return kit.request("/stall-body", { signal: firing() });
    },
  },
  {
    name: "a signal that fires in a stream",
    log: "heads",
    awaited: true,
    closes: true,
    run: (kit) => {
      return kit.stream("/stall-body", { signal: firing() });
    },
  },
  {
    name: "a token",
    log: "heads",
    run: (kit) => {
      const cancelToken = new CancelToken();
      if (kit.style === "sync") cancelToken.cancel("stop");
      else setTimeout(() => cancelToken.cancel("stop"), 50);
      return kit.request("/stall-headers", { cancelToken });
    },
  },
  ...["reset", "end"].map((how): Row => ({
    name: `a kept connection that has gone, by ${how}`,
    async run(kit) {
      const path = `/kill-second?how=${how}`;
      await kit.request(path);
      await returned();
      const again = await kit.request(path);
      return again.status;
    },
  })),
  {
    name: "POST on a kept connection that has gone",
    async run(kit) {
      const path = "/kill-second?how=reset&post";
      const first = await kit.request(path, { method: "POST" });
      await returned();
      const again = await kit.request(path, { method: "POST" })
        .then(({ status }) => status, (error) => error.message);
      return [first.status, again];
    },
  },
];

function firing(): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(new Error("enough")), 50);
  return controller.signal;
}

/** Time for undici to put a connection back. */
function returned(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20));
}
