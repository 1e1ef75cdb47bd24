/** Content types and headers that no runtime sends, as calls have them. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { create } from "../../mod.ts";
import type { RequestConfig } from "../../mod.ts";
import { sharedServer } from "../support/server.ts";
import { bothStyles } from "../support/styles.ts";

const server = sharedServer();

interface Echo {
  body: string;
}

const bytes = (text: string) => new TextEncoder().encode(text);

interface TypeCase {
  name: string;
  /** The client's. */
  inherited?: string;
  config: () => RequestConfig;
  expected: string | undefined;
}

const formData = (): FormData => {
  const form = new FormData();
  form.set("a", "1");
  return form;
};

const TYPES: TypeCase[] = [
  {
    name: "an inherited one yields to json",
    inherited: "text/csv",
    config: () => ({ json: 1 }),
    expected: "application/json",
  },
  {
    name: "an inherited one yields to a form",
    inherited: "application/json",
    config: () => ({ form: { a: 1 } }),
    expected: "application/x-www-form-urlencoded;charset=UTF-8",
  },
  {
    name: "an inherited one yields to multipart",
    inherited: "application/json",
    config: () => ({ data: formData() }),
    expected: "multipart/form-data; boundary=",
  },
  {
    name: "an inherited one stands where the body says none",
    inherited: "application/x-own",
    config: () => ({ data: bytes("abc") }),
    expected: "application/x-own",
  },
  {
    name: "an inherited one is not sent without a body",
    inherited: "application/json",
    config: () => ({}),
    expected: undefined,
  },
  {
    name: "the call's own outranks what the body says",
    config: () => ({ json: 1, headers: { "Content-Type": "application/vnd.api+json" } }),
    expected: "application/vnd.api+json",
  },
  {
    name: "the call's own is the client's as well",
    inherited: "application/vnd.api+json",
    config: () => ({ json: 1, headers: { "content-type": "application/vnd.api+json" } }),
    expected: "application/vnd.api+json",
  },
  {
    name: "one set by hand is kept for FormData",
    config: () => ({ data: formData(), headers: { "content-type": "application/x-own" } }),
    expected: "application/x-own",
  },
  {
    name: "a multipart type without boundary gets one",
    config: () => ({ data: formData(), headers: { "content-type": "multipart/form-data" } }),
    expected: "multipart/form-data; boundary=----axclient",
  },
  {
    name: "a boundary set by hand is used",
    config: () => ({
      data: formData(),
      headers: { "content-type": "multipart/form-data; boundary=mine" },
    }),
    expected: "multipart/form-data; boundary=mine",
  },
  {
    name: "undefined sends none with json",
    config: () => ({ json: 1, headers: { "content-type": undefined } }),
    expected: undefined,
  },
  {
    name: "undefined sends none with text",
    config: () => ({ data: "x", headers: { "content-type": undefined } }),
    expected: undefined,
  },
  {
    name: "undefined sends none with a typed Blob",
    config: () => ({
      data: new Blob(["x"], { type: "text/css" }),
      headers: { "content-type": undefined },
    }),
    expected: undefined,
  },
  {
    name: "undefined removes the client's",
    inherited: "application/x-own",
    config: () => ({ data: "x", headers: { "content-type": undefined } }),
    expected: undefined,
  },
];

for (const { name, inherited, config, expected } of TYPES) {
  bothStyles(`content-type: ${name}`, async (t) => {
    const headers: Record<string, string> = inherited ? { "content-type": inherited } : {};
    using parent = create({ baseURL: server.url, headers: { ...headers, "x-test-key": t.key } });
    for (const api of [parent, parent.extend()]) await t.post(api, "/echo", config());
    const sent = await server.requests(t.key);
    assertEquals(sent.length, 2);
    for (const request of sent) {
      const type = new Map(request.headers).get("content-type");
      if (expected === undefined) assertEquals(type, undefined);
      else assertStringIncludes(type ?? "", expected);
      const boundary = /^multipart.*boundary=(.+)$/.exec(type ?? "")?.[1];
      if (boundary) assertStringIncludes(request.text, `--${boundary}--`);
    }
  });
}

bothStyles("content-type: a boundary that is none is refused, nothing is sent", async (t) => {
  using api = create({ baseURL: server.url, headers: { "x-test-key": t.key } });
  const headers = { "content-type": 'multipart/form-data; boundary="ü"' };
  const error = await t.fails(t.post(api, "/echo", { data: formData(), headers }), TypeError);
  assertStringIncludes(error.message, "boundary");
  assertEquals(await server.requests(t.key), []);
});

const UNSENDABLE: [name: string, value: string][] = [
  ["Host", "other.example"],
  ["transfer-encoding", "chunked"],
  ["Keep-Alive", "timeout=5"],
  ["expect", "100-continue"],
  ["Upgrade", "websocket"],
  ["content-length", "99"],
  ["content-length", "2, 2"],
];

for (const [name, value] of UNSENDABLE) {
  bothStyles(`header "${name}: ${value}" is a TypeError wherever it is set`, async (t) => {
    const headers = { [name]: value };
    const json = { a: 1 };
    const calls: (() => Promise<unknown>)[] = [
      () => t.post(create({ baseURL: server.url }), "/echo", { json, headers }),
      () => t.post(create({ baseURL: server.url, headers }), "/echo", { json }),
      () => t.stream(create({ baseURL: server.url }), "/echo", { method: "PUT", json, headers }),
      () => {
        const api = create({ baseURL: server.url });
        api.interceptors.request.use((request) => request.headers.set(name, value));
        return t.post(api, "/echo", { json });
      },
      () => {
        const transformRequest = (data: unknown, headers: Headers) => {
          headers.set(name, value);
          return data;
        };
        return t.post(create({ baseURL: server.url }), "/echo", { json, transformRequest });
      },
      ...(["call", "attempt", "hop"] as const).map((per) => () => {
        const api = create({ baseURL: server.url });
        api.use((request, next) => {
          request.headers.set(name, value);
          return next();
        }, { per });
        return t.post(api, "/echo", { json });
      }),
    ];
    for (const call of calls) {
      const error = await t.fails(call, TypeError);
      assertStringIncludes(error.message, `Cannot send header "${name.toLowerCase()}"`);
    }
    const sent = await server.requests();
    assertEquals(sent.filter(({ headers }) => new Map(headers).get("host") === value), []);
  });
}

bothStyles("a content-length that is right is sent once", async (t) => {
  using api = create({ baseURL: server.url, headers: { "x-test-key": t.key } });
  const headers = { "content-length": "7" };
  assertEquals(
    (await t.post<Echo>(api, "/echo", { json: { a: 1 }, headers })).data.body,
    '{"a":1}',
  );
  const [sent] = await server.requests(t.key);
  assertEquals(sent?.headers.filter(([name]) => name === "content-length"), [[
    "content-length",
    "7",
  ]]);
});
