import { assertEquals } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import {
  type AxResponse,
  type Client,
  create,
  type Flow,
  type FlowStream,
  get,
  getSync,
  type RequestConfig,
  type ResolvedConfig,
  type ServerSentEvent,
  type StreamConfig,
  type StreamResponse,
  type SyncStreamResponse,
} from "../mod.ts";

declare const api: Client;
declare const plain: RequestConfig;
declare const streamed: StreamConfig;
declare const resolved: ResolvedConfig;

// Never called: the compiler is the test.
function verbs() {
  const url = "https://example.com/";
  const stream = { stream: true } as const;
  const results = {
    get: api.get(url, { stream: true }),
    post: api.post(url, { ...plain, stream: true }),
    request: api.request({ url, stream: true }),
    requestUrl: api.request(url, stream),
    module: get(url, stream),
    getSync: api.getSync(url, { stream: true }),
    deleteSync: api.deleteSync(url, streamed),
    requestSync: api.requestSync({ url, stream: true }),
    moduleSync: getSync(url, stream),
    flow: api.flow.get(url, { stream: true }),
    flowRequest: api.flow.request({ url, stream: true }),
  };
  const buffered = {
    get: api.get<string>(url, plain),
    off: api.get<string>(url, { stream: false }),
    getSync: api.getSync<string>(url, plain),
    flow: api.flow.get<string>(url, plain),
    again: api.request<string>(resolved),
    // @ts-expect-error a stream has no type of data
    typed: api.get<string>(url, { stream: true }),
  };
  return { results, buffered };
}

type Results = ReturnType<typeof verbs>["results"];
type Buffered = ReturnType<typeof verbs>["buffered"];

Deno.test("the types of verbs follow `stream`", () => {
  assertType<IsExact<Results["get"], Promise<StreamResponse>>>(true);
  assertType<IsExact<Results["post"], Promise<StreamResponse>>>(true);
  assertType<IsExact<Results["request"], Promise<StreamResponse>>>(true);
  assertType<IsExact<Results["requestUrl"], Promise<StreamResponse>>>(true);
  assertType<IsExact<Results["module"], Promise<StreamResponse>>>(true);
  assertType<IsExact<Results["getSync"], SyncStreamResponse>>(true);
  assertType<IsExact<Results["deleteSync"], SyncStreamResponse>>(true);
  assertType<IsExact<Results["requestSync"], SyncStreamResponse>>(true);
  assertType<IsExact<Results["moduleSync"], SyncStreamResponse>>(true);
  assertType<IsExact<Results["flow"], Flow<FlowStream>>>(true);
  assertType<IsExact<Results["flowRequest"], Flow<FlowStream>>>(true);
  assertType<IsExact<Buffered["get"], Promise<AxResponse<string>>>>(true);
  assertType<IsExact<Buffered["off"], Promise<AxResponse<string>>>>(true);
  assertType<IsExact<Buffered["getSync"], AxResponse<string>>>(true);
  assertType<IsExact<Buffered["flow"], Flow<AxResponse<string>>>>(true);
  assertType<IsExact<Buffered["again"], Promise<AxResponse<string>>>>(true);
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

    lines(url: string, config: Omit<StreamConfig, "stream"> = {}): Promise<StreamResponse> {
      return this.api.get(url, { ...config, stream: true });
    }
  }
  using _ = new Wrapper().api;
  assertEquals(typeof Wrapper, "function");
});

Deno.test("both streams have the same members", () => {
  type Names = Exclude<keyof StreamResponse, typeof Symbol.asyncDispose>;
  assertType<IsExact<Names, keyof SyncStreamResponse>>(true);
  type Item<I> = I extends AsyncIterable<infer T> | Iterable<infer T> ? T : never;
  type Iterators = "iterBytes" | "iterText" | "iterLines" | "iterEvents";
  type Awaited = { [K in Iterators]: Item<ReturnType<StreamResponse[K]>> };
  type Blocking = { [K in Iterators]: Item<ReturnType<SyncStreamResponse[K]>> };
  assertType<IsExact<Awaited, Blocking>>(true);
  assertType<IsExact<Awaited["iterEvents"], ServerSentEvent>>(true);
});
