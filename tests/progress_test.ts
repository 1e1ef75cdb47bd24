import { assert, assertEquals } from "@std/assert";
import { create, type Progress, type Transport } from "../mod.ts";
import { MockTransport } from "../src/testing/mod.ts";
import { keepWorker } from "./support/kept_worker.ts";
import { sharedFaultServer } from "./support/fault_server.ts";
import { patternBytes, sharedServer } from "./support/server.ts";
import { bothStyles } from "./support/styles.ts";

const server = sharedServer();
const faults = sharedFaultServer();
keepWorker();
const MIB = 1024 * 1024;

/** A listener that keeps what it heard. */
function listen() {
  const heard: Progress[] = [];
  const listener = (progress: Progress): void => void heard.push(progress);
  return { heard, listener };
}

function last(heard: readonly Progress[]): Progress | undefined {
  return heard.at(-1);
}

/** Loaded only grows. */
function assertOrderly(heard: readonly Progress[]): void {
  const loaded = heard.map((progress) => progress.loaded);
  assertEquals(loaded, loaded.toSorted((a, b) => a - b));
}

bothStyles("onDownloadProgress hears of a body while it arrives, up to its end", async (t) => {
  using api = create({ baseURL: server.url });
  const { heard, listener } = listen();
  const open: unknown[] = [];
  const onDownloadProgress = (progress: Progress): void => {
    if (heard.length === 0) open.push(api.getSync(`/__open?key=${t.key}`).data);
    listener(progress);
  };
  const path = `/drip?chunks=100&gap=5&size=100&length&key=${t.key}`;
  await t.get(api, path, { onDownloadProgress });
  const { loaded, total, fraction, rate = 0 } = last(heard) ?? {};
  assertEquals({ loaded, total, fraction }, { loaded: 10_000, total: 10_000, fraction: 1 });
  assert(rate > 0);
  assertOrderly(heard);
  // Not all at the end, and not one for each chunk.
  assertEquals(open, [{ open: 1, aborted: 0, answered: 0 }]);
  assert(heard.length >= 2 && heard.length < 100, `${heard.length} events`);
});

bothStyles("onDownloadProgress knows no total of a chunked or compressed body", async (t) => {
  using api = create({ baseURL: server.url });
  for (const path of ["/drip?chunks=3&gap=5", "/gzip", "/deflate"]) {
    const { heard, listener } = listen();
    const response = await t.get(api, path, { onDownloadProgress: listener });
    const { loaded, total, fraction } = last(heard) ?? {};
    assertEquals([loaded, total, fraction], [response.bytes().length, undefined, undefined], path);
  }
});

bothStyles("onDownloadProgress hears of an empty body once", async (t) => {
  using api = create({ baseURL: server.url });
  const { heard, listener } = listen();
  await t.get(api, "/empty200", { onDownloadProgress: listener });
  assertEquals(heard.map(({ loaded }) => loaded), [0]);
});

bothStyles("onDownloadProgress does not hear of redirects on the way", async (t) => {
  using api = create({ baseURL: server.url });
  const { heard, listener } = listen();
  const response = await t.get(api, "/redirect/2", { onDownloadProgress: listener });
  assertEquals(heard.at(-1)?.loaded, response.bytes().length);
  assertEquals(heard.filter(({ fraction }) => fraction === 1).length, 1);
});

bothStyles("onDownloadProgress hears of a stream as it is read", async (t) => {
  using api = create({ baseURL: server.url });
  const { heard, listener } = listen();
  const config = { onDownloadProgress: listener };
  using response = await t.stream(api, "/drip?chunks=12&gap=25&size=100&length", config);
  let bytes = 0;
  for await (const chunk of response.iterBytes()) bytes += chunk.length;
  assertEquals([bytes, last(heard)?.fraction], [1200, 1]);
  assert(heard.length >= 2, `${heard.length} events`);
  assertOrderly(heard);
});

bothStyles("progress starts again for each attempt", async (t) => {
  using api = create({ baseURL: server.url, maxRetries: 1 });
  const { heard, listener } = listen();
  const config = { data: patternBytes(1000), onUploadProgress: listener };
  await t.put(api, `/fail-then/1?key=${t.key}&retry-after=0`, config);
  assertEquals(heard.filter(({ loaded }) => loaded === 1000).length, 2);
});

class Stop extends Error {}

bothStyles("what a progress callback throws ends the call as it is", async (t) => {
  using api = create({ baseURL: server.url, maxRetries: 2 });
  const stop = new Stop("enough");
  const throwing = (): never => {
    throw stop;
  };
  // It would go on for hours.
  const path = `/drip?chunks=1000000&gap=20&size=100&length&key=${t.key}`;
  assertEquals(await t.fails(t.get(api, path, { onDownloadProgress: throwing }), Stop), stop);
  assertEquals(
    await t.fails(
      t.put(api, `/echo?key=${t.key}`, { data: patternBytes(MIB), onUploadProgress: throwing }),
      Stop,
    ),
    stop,
  );
  const read = async () => {
    using response = await t.stream(api, path, { onDownloadProgress: throwing });
    for await (const _ of response.iterBytes());
  };
  assertEquals(await t.fails(read(), Stop), stop);
  // The connection is given up, and the next call works.
  assertEquals((await t.get(api, "/json")).status, 200);
});

bothStyles("what a progress callback throws at the end of an upload ends the call", async (t) => {
  using api = create({ baseURL: server.url });
  const stop = new Stop("enough");
  const onUploadProgress = ({ loaded }: Progress): void => {
    if (loaded === 300_000) throw stop;
  };
  const call = t.post(api, "/echo", { data: patternBytes(300_000), onUploadProgress });
  assertEquals(await t.fails(call, Stop), stop);
});

bothStyles("interceptors see what a progress callback threw", async (t) => {
  using api = create({ baseURL: server.url });
  const seen: unknown[] = [];
  api.interceptors.response.use(undefined, (error) => {
    seen.push(error);
    throw error;
  });
  const onDownloadProgress = (): never => {
    throw new Stop();
  };
  const error = await t.fails(t.get(api, "/json", { onDownloadProgress }), Stop);
  assertEquals(seen, [error]);
});

bothStyles("a custom transport has progress too", async (t) => {
  const chunks = [patternBytes(10), patternBytes(20)];
  const head = { status: 200, headers: { "content-length": "30" } };
  const transport: Transport = {
    async send({ body }) {
      for await (const _ of body as AsyncIterable<Uint8Array>);
      return { ...head, body: ReadableStream.from(chunks) };
    },
    sendSync({ body }) {
      for (const _ of body as Iterable<Uint8Array>);
      return { ...head, body: chunks };
    },
  };
  using api = create({ baseURL: server.url, transport });
  const [up, down] = [listen(), listen()];
  const config = { onUploadProgress: up.listener, onDownloadProgress: down.listener };
  await t.post(api, "/a", { ...config, data: chunks.values() });
  assertEquals(last(up.heard)?.loaded, 30);
  assertEquals([last(down.heard)?.loaded, last(down.heard)?.fraction], [30, 1]);

  const mock = new MockTransport();
  mock.on("POST", /.*/).reply(200, "hello");
  await t.post(api, "/a", { ...config, data: patternBytes(7), transport: mock });
  assertEquals([last(up.heard)?.loaded, last(up.heard)?.fraction], [7, 1]);
  assertEquals(last(down.heard)?.loaded, 5);

  const stop = new Stop();
  const onDownloadProgress = (): never => {
    throw stop;
  };
  const call = t.post(api, "/a", { data: "a", transport: mock, onDownloadProgress });
  assertEquals(await t.fails(call, Stop), stop);
});

bothStyles("a progress callback may make a call of its own", async (t) => {
  using api = create({ baseURL: server.url });
  let status = 0;
  await t.get(api, "/drip?chunks=3&gap=20", {
    onDownloadProgress: () => status ||= api.getSync("/json").status,
  });
  assertEquals(status, 200);
});

bothStyles(
  "onUploadProgress never jumps to the end, nor past it, when the answer comes early",
  async (t) => {
    const size = 32 * MIB;
    for (const body of [() => new Uint8Array(size), () => new Blob([new Uint8Array(size)])]) {
      using api = create({ baseURL: faults.url });
      const { heard, listener } = listen();
      await t.post(api, "/unread?early", { data: body(), onUploadProgress: listener });
      assertOrderly(heard);
      assert(heard.length > 0);
      for (const { loaded, total, fraction = 0 } of heard) {
        assertEquals(total, size);
        assert(loaded < size && fraction < 1, `${loaded} of ${size} bytes`);
      }
    }
  },
);

Deno.test("onUploadProgress hears nothing more of a body that was taken whole", async () => {
  const { heard, listener } = listen();
  let read: Promise<unknown> | undefined;
  const fetch = (_url: unknown, init: RequestInit = {}): Promise<Response> => {
    // Answers before it reads the body.
    read = new Promise((resolve) => setTimeout(resolve)).then(() => (init.body as Blob).bytes());
    return Promise.resolve(new Response("early"));
  };
  using api = create({ fetch: fetch as typeof globalThis.fetch });
  const data = new Uint8Array(MIB);
  await api.post("http://127.0.0.1/", { data, onUploadProgress: listener });
  await read;
  assertEquals(heard.map(({ loaded }) => loaded), [MIB]);
});
