import { assertEquals } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import {
  type AxResponse,
  type Client,
  create,
  dual,
  type Flow,
  type FlowStream,
  type RequestConfig,
  run,
  runSync,
  sdk,
  type ServerSentEvent,
  stream,
  type StreamResponse,
  streamSync,
  type SyncStreamResponse,
} from "../../mod.ts";

declare const api: Client;
declare const config: RequestConfig;

// Never called: the compiler is the test.
function verbs() {
  const url = "https://example.com/";
  const lines = dual(function* (path: string) {
    return (yield* api.flow.stream(path)).iterLines();
  });
  const chat = sdk({
    *ask(path: string) {
      return yield* api.flow.stream(path);
    },
    *list(path: string) {
      yield* api.flow.get(path);
      return api.flow.paginate<{ id: number }>(path);
    },
  });
  return {
    stream: api.stream(url, config),
    streamSync: api.streamSync(url, { method: "POST", json: {} }),
    module: stream(url),
    moduleSync: streamSync(url, config),
    flow: api.flow.stream(url),
    run: run(api.flow.stream(url)),
    runSync: runSync(api.flow.stream(url)),
    runPages: run(function* () {
      yield* api.flow.get(url);
      return api.flow.paginate<string>(url);
    }()),
    lines: lines(url),
    linesSync: lines.sync(url),
    ask: chat.ask(url),
    askSync: chat.askSync(url),
    list: chat.list(url),
    listSync: chat.listSync(url),
    paginate: api.paginate<string>(url),
    paginateSync: api.paginateSync<string>(url),
    // @ts-expect-error a stream has no type of data
    typed: api.stream<string>(url),
    // @ts-expect-error streams have verbs of their own
    option: api.get(url, { stream: true }),
  };
}

type Results = ReturnType<typeof verbs>;
type Item = { id: number };

Deno.test("the verbs of streams give the form of their style", () => {
  assertType<IsExact<Results["stream"], Promise<StreamResponse>>>(true);
  assertType<IsExact<Results["streamSync"], SyncStreamResponse>>(true);
  assertType<IsExact<Results["module"], Promise<StreamResponse>>>(true);
  assertType<IsExact<Results["moduleSync"], SyncStreamResponse>>(true);
  assertType<IsExact<Results["flow"], Flow<FlowStream>>>(true);
  assertType<IsExact<Results["paginate"], AsyncIterableIterator<string>>>(true);
  assertType<IsExact<Results["paginateSync"], IterableIterator<string>>>(true);
});

Deno.test("what an operation returns has the form of its style", () => {
  assertType<IsExact<Results["run"], Promise<StreamResponse>>>(true);
  assertType<IsExact<Results["runSync"], SyncStreamResponse>>(true);
  assertType<IsExact<Results["runPages"], Promise<AsyncIterableIterator<string>>>>(true);
  assertType<IsExact<Results["lines"], Promise<AsyncIterableIterator<string>>>>(true);
  assertType<IsExact<Results["linesSync"], IterableIterator<string>>>(true);
  assertType<IsExact<Results["ask"], Promise<StreamResponse>>>(true);
  assertType<IsExact<Results["askSync"], SyncStreamResponse>>(true);
  assertType<IsExact<Results["list"], Promise<AsyncIterableIterator<Item>>>>(true);
  assertType<IsExact<Results["listSync"], IterableIterator<Item>>>(true);
});

Deno.test("wrappers that pass a RequestConfig on compile", () => {
  class Wrapper {
    readonly api = create({ baseURL: "https://example.com" });

    get<T>(url: string, config?: RequestConfig): Promise<AxResponse<T>> {
      return this.api.get<T>(url, { ...config, timeout: 5 });
    }

    getSync<T>(url: string, config: Omit<RequestConfig, "url"> = {}): AxResponse<T> {
      return this.api.requestSync<T>({ ...config, url });
    }

    lines(url: string, config?: RequestConfig): Promise<StreamResponse> {
      return this.api.stream(url, { ...config, method: "POST" });
    }

    run<T>(flow: Flow<AxResponse<T>>): Promise<AxResponse<T>> {
      return run(flow);
    }
  }
  using _ = new Wrapper().api;
  assertEquals(typeof Wrapper, "function");
});

Deno.test("both streams give the same items", () => {
  type ItemOf<I> = I extends AsyncIterable<infer T> | Iterable<infer T> ? T : never;
  type Iterators = "iterBytes" | "iterText" | "iterLines" | "iterEvents";
  type Awaited = { [K in Iterators]: ItemOf<ReturnType<StreamResponse[K]>> };
  type Blocking = { [K in Iterators]: ItemOf<ReturnType<SyncStreamResponse[K]>> };
  assertType<IsExact<Awaited, Blocking>>(true);
  assertType<IsExact<Awaited["iterEvents"], ServerSentEvent>>(true);
});
