/** Waits that something else has to end, threads that do not start, and streams without an end. */

import { answer, response } from "../../support/answers.ts";
import { manyThreads } from "../../support/many_threads.ts";
import { isNodeFetch, type Kit, type Row, told } from "./kit.ts";

interface Start {
  readonly workerData: object;
}

interface Threads {
  Worker: new (source: URL, start: Start) => object;
}

/** The module of Node, which a test may change. */
function threadsOfNode(): Threads {
  const { process } = globalThis as unknown as {
    process: { getBuiltinModule(name: string): Threads };
  };
  return process.getBuiltinModule("node:worker_threads");
}

/** Runs with other members in an object, and puts the real ones back. */
async function replaced<T extends object>(
  target: T,
  members: Partial<T>,
  work: () => Promise<unknown>,
): Promise<unknown> {
  const saved = Object.fromEntries(
    Object.keys(members).map((name) => [name, target[name as keyof T]]),
  );
  Object.assign(target, members);
  try {
    return await work();
  } finally {
    Object.assign(target, saved);
  }
}

function clientOf({ ax, servers, ...place }: Kit) {
  return ax.create({
    baseURL: servers.url,
    timeout: 2_000,
    ...isNodeFetch(place) && { network: { dispatch: false } },
  });
}

/** What a sync call comes to while its worker is given another source. */
async function withSource(kit: Kit, source: string): Promise<unknown> {
  const threads = threadsOfNode();
  const { Worker } = threads;
  class Other extends Worker {
    constructor(url: URL, start: Start) {
      super(url, { ...start, workerData: { ...start.workerData, source } });
    }
  }
  return await replaced(threads, { Worker: Other }, async () => {
    using api = clientOf(kit);
    try {
      return await Promise.resolve(api.getSync("/ok", { timeout: 500 }).status);
    } catch (error) {
      return [told(error), (error as Error).cause instanceof RangeError];
    }
  });
}

const inSyncNode: Row["runs"] = ({ runtime, style }) => runtime === "node" && style === "sync";

const threads: readonly Row[] = [
  {
    name: "a worker that throws at its start is a SyncBridgeError, with what it has thrown",
    run: (kit) => withSource(kit, 'throw new RangeError("No luck")'),
    runs: inSyncNode,
    alone: true,
    expected: () => [[
      "SyncBridgeError: Cannot send REQUEST synchronously: the worker thread failed: No luck; the " +
      "next call starts a new one",
      true,
    ]],
  },
  {
    name: "a worker that never listens costs a sync call its own limit",
    run: (kit) => withSource(kit, "setInterval(() => {}, 1000)"),
    runs: inSyncNode,
    alone: true,
    expected: () => [[
      "TimeoutError: Cannot reach REQUEST: the worker thread did not start within 500 ms",
      false,
    ]],
  },
  {
    name: "shared memory that cannot be had fails one sync call, and not the next",
    run: async (kit) => {
      using api = clientOf(kit);
      const Real = SharedArrayBuffer;
      const scarce = function (size: number): SharedArrayBuffer {
        if (size > 1_000) throw new RangeError("Array buffer allocation failed");
        return new Real(size);
      } as unknown as typeof SharedArrayBuffer;
      const status = (): unknown => {
        try {
          return api.getSync("/ok").status;
        } catch (error) {
          return told(error);
        }
      };
      const target = globalThis as { SharedArrayBuffer: typeof SharedArrayBuffer };
      const first = await replaced(
        target,
        { SharedArrayBuffer: scarce },
        () => Promise.resolve(status()),
      );
      return [first, status()];
    },
    runs: inSyncNode,
    alone: true,
    expected: () => [[
      "SyncBridgeError: Cannot send REQUEST synchronously: the worker thread could not be " +
      "started: Array buffer allocation failed",
      200,
    ]],
  },
];

/** More threads than cores: a slow worker is no dead one. */
const starved: Row = {
  name: "16 threads that make their first sync call at once are all answered",
  run: ({ module, servers }) => manyThreads(module, `${servers.url}/ok`, 16),
  runs: inSyncNode,
  expected: () => [Array(16).fill(200)],
};

/**
 * A clock and timers that stand still, as test tools make them. Real timers may be cleared: Node 20
 * would fall over a timer of its own that is not.
 */
const FAKED = {
  setTimeout: () => ({ unref() {}, refresh() {} }),
  setInterval: () => ({ unref() {} }),
} as unknown as Partial<typeof globalThis>;

const faked: Row = {
  name: "calls, warmSync() and limits work while a test fakes clock and timers",
  run: (kit) =>
    replaced(globalThis, FAKED, () =>
      replaced(performance, { now: () => 7 }, async () => {
        using api = clientOf(kit);
        await api.warmSync();
        const slow = kit.ax.portable(async () => await new Promise(() => {}));
        const get = async (config = {}) =>
          kit.style === "async"
            ? (await api.get("/ok", config)).status
            : api.getSync("/ok", config).status;
        const late = kit.style === "sync" ? get({ transformResponse: [slow], timeout: 300 }) : "";
        return [
          await get(),
          await get({ url: undefined, timeout: 300 }),
          await Promise.resolve(late).catch(told),
        ];
      })),
  expected: ({ style }) => [[
    200,
    200,
    style === "sync"
      ? 'TimeoutError: Timed out: "transformResponse" 0 did not end within 300 ms in a sync call'
      : "",
  ]],
};

/** Events, one answer for each request; then 204. */
function eventsOf(...bodies: string[]): string {
  const headers = "content-type: text/event-stream\r\n";
  return `/turns${answer(bodies.map((body) => response(body, headers))).slice("/bytes".length)}`;
}

async function eventsIn(kit: Kit, path: string): Promise<unknown[]> {
  using api = clientOf(kit);
  const headers = { "x-test-key": kit.key };
  const stream = kit.style === "async"
    ? await api.stream(path, { headers })
    : api.streamSync(path, { headers });
  const seen: unknown[] = [];
  try {
    for await (const { data, id } of stream.iterEvents({ reconnect: true })) {
      seen.push([data, id.length]);
    }
  } catch (error) {
    seen.push(told(error));
  }
  return [seen, await kit.requests()];
}

const streams: readonly Row[] = [
  {
    name: "an event id that no header can carry does not keep a reconnect from being sent",
    run: (kit) => eventsIn(kit, eventsOf("retry: 1\nid: a\x01b\ndata: a\n\n", "data: b\n\n")),
    expected: () => [[[["a", 3], ["b", 3]], 3]],
  },
  {
    name: "an event id of 130 kB is given out, and not sent",
    run: (kit) => {
      const long = "retry: 1\nid: {a*130000}\ndata: a\n\n";
      const bytes = response(long, "content-type: text/event-stream\r\n", "close");
      return eventsIn(kit, `/turns${answer(bytes, "how=end").slice("/bytes".length)}`);
    },
    expected: () => [[[["a", 130_000]], 2]],
  },
  {
    name: "a page in place of the events ends a reconnect for good",
    run: (kit) => {
      const events = response("retry: 1\ndata: a\n\n", "content-type: text/event-stream\r\n");
      const page = response("<html>", "content-type: text/html\r\n");
      return eventsIn(kit, `/turns${answer([events, page]).slice("/bytes".length)}`);
    },
    expected: () => [[[
      ["a", 0],
      "DecodeError: Cannot read events of the response to REQUEST: it is no text/event-stream " +
      '(content type "text/html"), set "anyType" to read it all the same',
    ], 2]],
  },
  {
    name: "empty pages that always name a next one end at maxPages",
    run: async (kit) => {
      using api = clientOf(kit);
      const headers = { "x-test-key": kit.key };
      const path = "/pages";
      const items: unknown[] = [];
      try {
        if (kit.style === "async") {
          for await (const item of api.paginate(path, { headers, maxPages: 5 })) items.push(item);
        } else {
          for (const item of api.paginateSync(path, { headers, maxPages: 5 })) items.push(item);
        }
      } catch (error) {
        items.push(told(error));
      }
      return [items, await kit.requests()];
    },
    expected: () => [[[], 5]],
  },
];

const TOO_DEEP = 'SyncBridgeError: Cannot read "0" in an async function of a sync call: it is ' +
  "nested more than 200 levels deep, which stays with the calling thread; write the function as a " +
  "generator to use it";

/** JSON that is nested deeper than stacks are. */
const nested: Row = {
  name: "JSON nested 5,000 deep goes through async functions, or says that it cannot",
  run: async (kit) => {
    const json = "[".repeat(5_000) + "]".repeat(5_000);
    const path = answer(response(json, "content-type: application/json\r\n"));
    using api = clientOf(kit);
    const same = kit.ax.portable(async (value: unknown) => await value);
    const depthOf = (data: unknown): number => {
      let depth = 0;
      for (let at = data; Array.isArray(at); at = at[0]) depth++;
      return depth;
    };
    const pass = async (_: unknown, next: () => PromiseLike<unknown>) => await next();
    api.use(kit.ax.portable(pass) as never);
    const read = kit.ax.portable(async (data: unknown) => {
      let depth = 0;
      for (let at = await data; Array.isArray(at); at = at[0]) depth++;
      return depth;
    });
    const config = { transformResponse: [same] };
    const get = async (config: object) =>
      kit.style === "async" ? (await api.get(path, config)).data : api.getSync(path, config).data;
    return [
      depthOf(await get(config)),
      await get({ transformResponse: [read] }).catch(told),
      await get({ transformResponse: [same], method: undefined }).then(depthOf),
    ];
  },
  expected: ({ style }) => [[
    5_000,
    style === "async" ? 5_000 : TOO_DEEP,
    5_000,
  ]],
};

/** Rows about waits. */
export const waitRows: readonly Row[] = [...threads, starved, faked, ...streams, nested];
