/** No body is lost: what is given in the wrong place is refused, and the message says what to write. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import * as ax from "../mod.ts";
import type { Client, RequestConfig, TransportRequest } from "../mod.ts";
import { bothStyles, type StyleKit } from "./support/styles.ts";

const URL_A = "https://example.com/a";

/** A client that answers itself, and what it was to send. */
function recording(): { api: Client; sent: TransportRequest[] } {
  const sent: TransportRequest[] = [];
  const sendSync = (request: TransportRequest) => {
    sent.push(request);
    return { status: 200, headers: {}, body: null };
  };
  const transport = {
    send: (request: TransportRequest) => Promise.resolve(sendSync(request)),
    sendSync,
  };
  return { api: ax.create({ transport }), sent };
}

type Call = (t: StyleKit, api: Client) => Promise<unknown>;

/** Arguments that types would refuse as well. */
function post(...args: unknown[]): Call {
  return (t, api) => t.call(api, "post", ...args as [string]);
}

class User {
  readonly name = "Ada";
}

function* chunks(): Generator<Uint8Array> {
  yield new Uint8Array([1]);
}

const form = new FormData();
form.set("name", "Ada");

/** What is no config, and a word that the message must hold: how to send it. */
const NO_CONFIGS: [name: string, config: unknown, advice: string[]][] = [
  ["URLSearchParams", new URLSearchParams("a=1"), ["URLSearchParams", '"{ form', '"{ data']],
  ["FormData", form, ["FormData", '"{ data']],
  ["a Blob", new Blob(["x"]), ["Blob", '"{ data']],
  ["a File", new File(["x"], "x.txt"), ["File", '"{ data']],
  ["an ArrayBuffer", new ArrayBuffer(1), ["ArrayBuffer", '"{ data']],
  ["bytes", new Uint8Array([1]), ["Uint8Array", '"{ data']],
  ["a DataView", new DataView(new ArrayBuffer(1)), ["DataView", '"{ data']],
  ["a stream", new Blob(["x"]).stream(), ["ReadableStream", '"{ data']],
  ["a generator", chunks(), ["Generator", '"{ data']],
  ["a Map", new Map([["a", 1]]), ["Map", '"{ json']],
  ["a Set", new Set([1]), ["Set", '"{ json']],
  ["an empty array", [], ["array", '"{ json']],
  ["an array", [{ name: "Ada" }], ["array", '"{ json']],
  ["text", "name=Ada", ["string", '"{ data']],
  ["a number", 1, ["number", '"json"']],
  ["null", null, ["null", '"json"']],
  ["a function", () => ({}), ["function", '"json"']],
  ["a Date", new Date(0), ["Date", "plain object"]],
  ["an instance of a class", new User(), ["User", "plain object", '"json"']],
];

for (const [name, config, advice] of NO_CONFIGS) {
  bothStyles(`post(url, body) refuses ${name}, and says how to send it`, async (t) => {
    const { api, sent } = recording();
    const calls: Call[] = [
      post(URL_A, config),
      (t, api) => t.call(api, "request", URL_A, config as RequestConfig),
      (t, api) => t.run(api.flow.post(URL_A, config as RequestConfig)),
      (t, api) => t.stream(api, URL_A, config as RequestConfig),
      (t, api) => t.pages(api, URL_A, config as RequestConfig),
      (t) =>
        t.either(() => ax.post(URL_A, config as never), () => ax.postSync(URL_A, config as never)),
    ];
    for (const call of calls) {
      const error = await t.fails(() => call(t, api), TypeError);
      for (const word of advice) assertStringIncludes(error.message, word);
    }
    assertEquals(sent, []);
  });
}

Deno.test("create() and extend() refuse what is no config as calls do", () => {
  for (const make of [ax.create, (config: never) => ax.create().extend(config)]) {
    for (const config of [new URLSearchParams(), [], new Map(), "https://example.com"]) {
      let thrown: unknown;
      try {
        make(config as never);
      } catch (error) {
        thrown = error;
      }
      assert(thrown instanceof TypeError, `${config}`);
    }
  }
});

const MISPLACED: [name: string, call: Call, words: string[]][] = [
  [
    "a third argument",
    post(URL_A, { name: "Ada" }, { headers: { a: "b" } }),
    ['"post"', "3 arguments", '"json"', '"form"', '"data"'],
  ],
  ["a third argument after no second", post(URL_A, undefined, { timeout: 1 }), ["3 arguments"]],
  [
    "a third argument of stream",
    (t, api) =>
      t.either(
        () => api.stream(...[URL_A, {}, {}] as never as [string]),
        () => api.streamSync(...[URL_A, {}, {}] as never as [string]),
      ),
    ['"stream"', "3 arguments"],
  ],
  [
    "a second argument of request(config)",
    (t, api) => t.call(api, "request", ...[{ url: URL_A }, { json: 1 }] as never as [string]),
    ['"request"', "one config"],
  ],
  [
    "a url in the config of a verb",
    post(URL_A, { url: "https://example.com/me" }),
    ['"url"', "first argument", '"json"', '"form"', '"data"'],
  ],
  [
    "a method in the config of a verb",
    (t, api) => t.call(api, "get", URL_A, { method: "DELETE" } as RequestConfig),
    ['"method"', '"request"', '"json"'],
  ],
  [
    "a url in the config of stream",
    (t, api) => t.stream(api, URL_A, { url: URL_A }),
    ['"url"', "first argument"],
  ],
  [
    "a url in the config of request(url)",
    (t, api) => t.call(api, "request", URL_A, { url: URL_A } as RequestConfig),
    ['"url"', "first argument"],
  ],
  ["fields of a body", post(URL_A, { name: "Ada" }), ['"name"', '"json"']],
  ["fields and options", post(URL_A, { title: "x", timeout: 5 }), ['"title"', '"json"']],
  ["no URL", (t, api) => t.call(api, "get", ...[] as never as [string]), ["URL is undefined"]],
  ["a config in place of the URL", post({ url: URL_A }), ["URL is an object", "string or a URL"]],
];

for (const [name, call, words] of MISPLACED) {
  bothStyles(`${name} is refused, and nothing is sent`, async (t) => {
    const { api, sent } = recording();
    const error = await t.fails(() => call(t, api), TypeError);
    for (const word of words) assertStringIncludes(error.message, word);
    assertEquals(sent, []);
  });
}

bothStyles("an unknown field of a call advises json, not context alone", async (t) => {
  const { api } = recording();
  const { message } = await t.fails(() => post(URL_A, { name: "Ada" })(t, api), TypeError);
  assert(message.indexOf('"json"') < message.indexOf('"context"'), message);
});

bothStyles(
  "options that are undefined, and configs without prototype, are no mistake",
  async (t) => {
    const { api, sent } = recording();
    const config: RequestConfig = Object.assign(Object.create(null), { json: 1 });
    await t.post(api, URL_A, config);
    await t.call(api, "get", URL_A, { method: undefined, url: undefined } as RequestConfig);
    await t.call(api, "get", URL_A, undefined);
    assertEquals(sent.map(({ method }) => method), ["POST", "GET", "GET"]);
  },
);

bothStyles(
  "a transformRequest that returns nothing is refused: the body would be lost",
  async (t) => {
    const { api, sent } = recording();
    api.interceptors.request.use(() => {});
    function addTime(data: unknown): void {
      Object.assign(data as object, { time: 1 });
    }
    const error = await t.fails(
      () => t.post(api, URL_A, { json: { a: 1 }, transformRequest: addTime }),
      TypeError,
    );
    for (const word of ['"transformRequest"', "addTime", "return"]) {
      assertStringIncludes(error.message, word);
    }
    // Without a body there is nothing to lose.
    await t.post(api, URL_A, { transformRequest: () => undefined });
    assertEquals(sent.length, 1);
  },
);

Deno.test("verbs have their names", () => {
  const api = ax.create();
  const verbs = ["get", "head", "options", "delete", "post", "put", "patch", "request", "stream"];
  for (const name of verbs.flatMap((verb) => [verb, `${verb}Sync`])) {
    for (const [holder, expected] of [[api, name], [ax, name]] as const) {
      const verb = (holder as unknown as Record<string, { name: string }>)[name];
      assertEquals(verb?.name, expected);
    }
  }
  for (const name of [...verbs, "paginate"]) {
    assertEquals((api.flow as unknown as Record<string, { name: string }>)[name]?.name, name);
  }
  assertEquals([api.paginate.name, api.paginateSync.name], ["paginate", "paginateSync"]);
});
