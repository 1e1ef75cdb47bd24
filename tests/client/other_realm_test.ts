/** Values of another realm (`node:vm`, as test runners have it) and of other implementations. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { runInNewContext } from "node:vm";
import { MockTransport } from "../../src/testing/mod.ts";
import {
  CancelError,
  CancelToken,
  create,
  DecodeError,
  HTTPStatusError,
  InterceptorError,
  type Transport,
} from "../../mod.ts";
import { sharedServer } from "../support/server.ts";
import { bothStyles } from "../support/styles.ts";

const server = sharedServer();

/** Evaluates an expression in a realm of its own. */
function foreign<T>(expression: string): T {
  return runInNewContext(`(${expression})`) as T;
}

interface Echo {
  readonly body: string;
  readonly headers: Record<string, string>;
}

bothStyles("configs, bytes and bodies of another realm are sent as they are", async (t) => {
  using api = create({ baseURL: server.url });
  const config = foreign<{ headers: Record<string, string>; params: Record<string, string> }>(
    '{ headers: { "x-a": "1" }, params: { b: "2" }, redact: ["b"] }',
  );
  const { data } = await t.get<Echo & { url: string }>(api, "/echo", config);
  assertEquals([data.headers["x-a"], data.url], ["1", "/echo?b=2"]);
  for (const bytes of ["new Uint8Array([104, 105])", "new Uint8Array([104, 105]).buffer"]) {
    const { data } = await t.post<Echo>(api, "/echo", { data: foreign<Uint8Array>(bytes) });
    assertEquals(data.body, "hi", bytes);
  }
  const chunks = foreign<Iterable<Uint8Array>>(
    "(function* () { yield new Uint8Array([104]); yield new Uint8Array([105]); })()",
  );
  assertEquals((await t.post<Echo>(api, "/echo", { data: chunks })).data.body, "hi");
  const json = foreign<unknown>("{ a: [1, new Date(0)] }");
  const sent = await t.post<Echo>(api, "/echo", { json });
  assertEquals(sent.data.body, '{"a":[1,"1970-01-01T00:00:00.000Z"]}');
  const files = foreign<Record<string, Uint8Array>>("{ file: new Uint8Array([104, 105]) }");
  assertStringIncludes((await t.post<Echo>(api, "/echo", { files })).data.body, "\r\n\r\nhi\r\n");
});

/** A class of another library that says that it is a Blob, as jsdom's does. */
class OtherBlob {
  readonly [Symbol.toStringTag] = "Blob";
  readonly size = 2;
  readonly type = "text/plain";
  arrayBuffer(): Promise<ArrayBuffer> {
    return Promise.resolve(new Uint8Array([104, 105]).buffer);
  }
}

bothStyles("a Blob of another library is refused before it is sent as its name", async (t) => {
  using api = create({ baseURL: server.url });
  const blob = new OtherBlob() as unknown as Blob;
  const form = {
    [Symbol.toStringTag]: "FormData",
    *[Symbol.iterator]() {
      yield ["a", blob];
    },
  } as unknown as FormData;
  const path = `/echo?key=${t.key}`;
  const bodies = [{ data: blob }, { files: { a: blob } }, { files: { a: { content: blob } } }, {
    data: form,
  }];
  for (const body of bodies) {
    const error = await t.fails(() => t.post(api, path, body), TypeError);
    assertStringIncludes(error.message, "jsdom");
    assertStringIncludes(error.message, "await blob.arrayBuffer()");
  }
  const data = await blob.arrayBuffer();
  assertEquals((await t.post<Echo>(api, path, { data })).data.body, "hi");
  assertEquals((await server.requests(t.key)).length, 1);
});

bothStyles("errors of another realm are told as errors", async (t) => {
  const transport = new MockTransport();
  transport.on("GET", "*").reply(200, '{"in-the-body": 1', { "content-type": "application/json" });
  const SyntaxErrorThere = foreign<new (text: string) => Error>("SyntaxError");
  const parsing = create({
    transport,
    parseJSON(text) {
      throw new SyntaxErrorThere(`Unexpected end of ${text}`);
    },
  });
  const decode = await t.fails(() => t.get(parsing, "https://a.test/"), DecodeError);
  assertEquals(JSON.stringify(decode).includes("in-the-body"), false);
  assertEquals(Deno.inspect(decode.cause).includes("in-the-body"), false);

  const thrown = foreign<Error>('new RangeError("from elsewhere")');
  const intercepted = create({ transport, responseType: "text" });
  intercepted.interceptors.response.use(() => {
    throw thrown;
  });
  const wrapped = await t.fails(() => t.get(intercepted, "https://a.test/"), InterceptorError);
  assertStringIncludes(wrapped.message, "failed: from elsewhere");
  assertEquals([wrapped.cause, wrapped.toJSON().cause], [
    thrown,
    { name: "RangeError", message: "from elsewhere" },
  ]);

  // A mistake in a transport is none of the network, whatever realm it is of.
  const mistaken = foreign<Error>('new TypeError("a mistake")');
  const fail = (): never => {
    throw mistaken;
  };
  const broken: Transport = { send: fail, sendSync: fail };
  const error = await t.either(
    () =>
      create({ transport: broken, maxRetries: 2 }).get("https://a.test/").catch((error) => error),
    () => {
      try {
        return create({ transport: broken, maxRetries: 2 }).getSync("https://a.test/");
      } catch (error) {
        return error;
      }
    },
  );
  assert(error === mistaken);
});

bothStyles("a reason and a status of another realm are told", async (t) => {
  const transport = new MockTransport();
  transport.on("GET", "*").reply(404, foreign<object>('{ message: "gone" }'));
  const status = await t.fails(
    () => t.get(create({ transport }), "https://a.test/"),
    HTTPStatusError,
  );
  assertEquals(status.response?.data, { message: "gone" });
  const cancelToken = new CancelToken();
  const reason = foreign<Error>('new Error("no longer wanted")');
  cancelToken.cancel(reason);
  const call = () => t.get(create({ transport }), "https://a.test/", { cancelToken });
  const cancelled = await t.fails(call, CancelError);
  assertStringIncludes(cancelled.message, "was cancelled: no longer wanted");
  assertEquals([cancelled.reason, cancelled.cause], [reason, reason]);
});

bothStyles("mocks take bytes, patterns and replies of another realm", async (t) => {
  const transport = new MockTransport();
  transport.on("POST", foreign<RegExp>(String.raw`/\/a$/`)).reply(
    200,
    foreign<Uint8Array>("new Uint8Array([1])"),
  );
  const api = create({ transport });
  const data = foreign<Uint8Array>("new Uint8Array([104, 105])");
  const response = await t.post(api, "https://a.test/a", { data });
  assertEquals([...response.bytes()], [1]);
  assertEquals(transport.requests[0]?.text(), "hi");
});
