import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { DecodeError, NetworkError } from "../../src/errors.ts";
import { native } from "../../src/transport/native.ts";
import type { HttpRequest } from "../../src/http/message.ts";
import { sharedFaultServer, unusedPort } from "../support/fault_server.ts";
import { drain, Reading, sendFetch, streamed, wire } from "./wire.ts";

const server = sharedFaultServer();

async function failure(request: HttpRequest): Promise<NetworkError> {
  return await assertRejects(async () => {
    const { body } = await sendFetch(request);
    if (body instanceof Reading) await drain(body);
  }, NetworkError);
}

const UNREACHED: [path: string, reason: string, code?: string][] = [
  ["/reset", "connection reset", "ECONNRESET"],
  ["/close", "connection closed without a response"],
  ["/reset-headers?how=end", "connection closed without a response"],
  ["/garbage", "the answer is not valid HTTP"],
  ["/bad-header", "the answer is not valid HTTP"],
  ["/huge-headers?kb=2000", "the response headers are larger than this runtime accepts"],
];

Deno.test("sendFetch() says why there was no response", async () => {
  for (const [path, reason, code] of UNREACHED) {
    const url = server.url + path;
    for (const request of [wire(url), streamed(url)]) {
      const error = await failure(request);
      assertEquals(error.message, `Cannot reach "GET ${url}": ${reason}`);
      assertEquals([error.systemCode, error.request], [code, { method: "GET", url }], path);
      assert(error.cause instanceof Error);
    }
  }
});

Deno.test("sendFetch() never takes a part of a body for the whole", async () => {
  const paths = ["/reset-body", "/reset-body?how=reset", "/reset-chunked", "/bad-chunk"];
  for (const path of paths) {
    const url = server.url + path;
    for (const request of [wire(url), streamed(url), wire(url, { method: "POST" })]) {
      const error = await failure(request);
      const expected =
        `Cannot read the body of "${request.method} ${url}": connection lost before its end`;
      assertEquals(error.message, expected, path);
    }
  }
});

Deno.test("sendFetch() takes a body that ends with the connection", async () => {
  for (const [path, text] of [["/no-length", "until the end"], ["/http10", "old"]]) {
    const { body } = await sendFetch(wire(server.url + path));
    assertEquals(new TextDecoder().decode(body), text);
  }
});

Deno.test("sendFetch() says why there was no connection", async () => {
  const refused = await failure(wire(`http://127.0.0.1:${unusedPort()}/`));
  assert(refused.message.endsWith(": connection refused"), refused.message);
  assertEquals(refused.systemCode, "ECONNREFUSED");
  const unknown = await failure(wire("http://nowhere.invalid/"));
  assertEquals(unknown.message, 'Cannot reach "GET http://nowhere.invalid/": host name not found');
  assertEquals(unknown.systemCode, "ENOTFOUND");
  const tls = await failure(wire(`https://127.0.0.1:${server.port}/tls`));
  assert(tls.message.endsWith(": TLS handshake failed"), tls.message);
  const blocked = await failure(wire("http://127.0.0.1:9/"));
  assert(blocked.message.endsWith(": fetch blocks this port"), blocked.message);
});

Deno.test("sendFetch() masks the userinfo of the URL", async () => {
  const error = await failure(wire(`http://me:secret@127.0.0.1:${unusedPort()}/`));
  assert(!JSON.stringify([error.message, error.request]).includes("secret"));
});

Deno.test("sendFetch() says which permission is missing", {
  permissions: { net: false },
}, async () => {
  const error = await failure(wire("http://example.com:8080/"));
  assertEquals(
    error.message,
    'Cannot reach "GET http://example.com:8080/": not allowed, run with --allow-net=example.com:8080',
  );
});

function mapped(thrown: unknown, custom = false): unknown {
  return native.explain(wire("https://a.example/x"), { why: "thrown", thrown, custom });
}

function nodeError(code: string, message = ""): TypeError {
  const cause = Object.assign(new Error(message), { code });
  return new TypeError("fetch failed", { cause });
}

Deno.test("native.explain() names the permission that is missing", () => {
  const error = new Error(
    'Requires net access to "a.example:443", run again with the --allow-net flag',
  );
  error.name = "NotCapable";
  const result = mapped(error) as NetworkError;
  assertEquals(
    result.message,
    'Cannot reach "GET https://a.example/x": not allowed, run with --allow-net=a.example:443',
  );
});

Deno.test("native.explain() knows the codes of Node", () => {
  const reasons: [code: string, reason: string][] = [
    ["ECONNREFUSED", "connection refused"],
    ["ENOTFOUND", "host name not found"],
    ["EAI_AGAIN", "host name cannot be looked up at the moment"],
    ["UND_ERR_CONNECT_TIMEOUT", "connection timed out"],
    ["UND_ERR_HEADERS_OVERFLOW", "the response headers are larger than this runtime accepts"],
    ["HPE_INVALID_CONSTANT", "the answer is not valid HTTP"],
    ["CERT_HAS_EXPIRED", "TLS certificate expired"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "TLS certificate is for another host"],
    ["ERR_SSL_WRONG_VERSION_NUMBER", "TLS handshake failed"],
    ["UND_ERR_SOCKET", "connection closed without a response"],
  ];
  for (const [code, reason] of reasons) {
    const error = mapped(nodeError(code)) as NetworkError;
    assertEquals(error.message, `Cannot reach "GET https://a.example/x": ${reason}`);
    assertEquals(error.systemCode, code);
  }
  const each = new AggregateError([Object.assign(new Error(), { code: "ECONNREFUSED" })]);
  const both = mapped(new TypeError("fetch failed", { cause: each })) as NetworkError;
  assertEquals(both.systemCode, "ECONNREFUSED");
});

Deno.test("native.explain() knows the texts of Deno on each system", () => {
  const sent = (text: string): TypeError =>
    new TypeError("fetch failed", {
      cause: new Error(`error sending request for url (https://a.example/x): ${text}`),
    });
  const reasons: [text: string, reason: string][] = [
    [
      "client error (Connect): tcp connect error: Connection refused (os error 61)",
      "connection refused",
    ],
    ["tcp connect error: No connection could be made (os error 10061)", "connection refused"],
    [
      "dns error: Temporary failure in name resolution",
      "host name cannot be looked up at the moment",
    ],
    ["invalid peer certificate: UnknownIssuer", "TLS certificate not trusted"],
    [
      "invalid peer certificate: certificate expired: verification time …",
      "TLS certificate expired",
    ],
    ["invalid peer certificate: NotValidForName", "TLS certificate is for another host"],
    ["received fatal alert: HandshakeFailure", "TLS handshake failed"],
  ];
  for (const [text, reason] of reasons) {
    assertEquals(
      (mapped(sent(text)) as NetworkError).message,
      `Cannot reach "GET https://a.example/x": ${reason}`,
    );
  }
});

Deno.test("native.explain() knows the refused connection of Bun", () => {
  const message = "Unable to connect. Is the computer able to access the url?";
  const error = mapped(Object.assign(new Error(message), { code: "ConnectionRefused" }));
  assertEquals(
    (error as NetworkError).message,
    'Cannot reach "GET https://a.example/x": connection refused',
  );
});

Deno.test("native.explain() leaves a custom fetch's own errors alone", () => {
  const mine = new RangeError("mine");
  assert(mapped(mine, true) === mine);
  assert(mapped(nodeError("ECONNRESET"), true) instanceof NetworkError);
  for (const text of ["no CERT in the list", "os error 111", "ECONNREFUSED"]) {
    const error = new Error(text);
    assert(mapped(error, true) === error, text);
  }
});

Deno.test("native.explain() takes a mistake of a test double for no failure of the network", () => {
  for (const Class of [TypeError, RangeError, ReferenceError, SyntaxError]) {
    const error = new Class("fetch.CERT is not a function (os error 111)");
    assert(mapped(error) === error, Class.name);
  }
  assert(mapped(new Error("socket hang up")) instanceof NetworkError);
});

Deno.test("native.explain() tells what Node's fetch does not take as misuse", () => {
  const thrown = nodeError("UND_ERR_INVALID_ARG", "invalid connection header");
  const error = mapped(thrown) as TypeError;
  assert(error instanceof TypeError);
  assertEquals(error.message, 'Cannot send "GET https://a.example/x": invalid connection header');
  assert(error.cause === thrown);
});

Deno.test("native.explain() does not read the URL, whatever it holds", () => {
  const words = ["CERTIFICATES", "ECONNREFUSED", "os error 111", "dns error", "ERR_SSL_", "HPE_"];
  for (const word of words) {
    const url = `https://a.example/${word}?q=${word}`;
    const cause = new Error(`error sending request for url (${url}): something else`);
    const thrown = new TypeError("fetch failed", { cause });
    const error = native.explain(wire(url), { why: "thrown", thrown }) as NetworkError;
    assertEquals(error.message, `Cannot reach "GET ${url}": connection closed without a response`);
    assertEquals(error.systemCode, undefined);
  }
});

Deno.test("native.explain() names the proxy and the unix socket", () => {
  const said = (network: HttpRequest["network"], error: Error) =>
    (native.explain({ ...wire("https://a.example/x"), network }, {
      why: "thrown",
      thrown: new TypeError("fetch failed", { cause: error }),
    }) as NetworkError).message.replace('Cannot reach "GET https://a.example/x"', "…");
  const node = (code: string, text = "") => Object.assign(new Error(text), { code });
  const proxy = "http://me:s3cret@proxy.example:8080";
  const through = '… through the proxy "http://***@proxy.example:8080": ';
  assertEquals(said({ proxy }, node("ECONNREFUSED")), `${through}connection refused`);
  const refused = "Proxy response (403) !== 200 when HTTP Tunneling";
  assertEquals(
    said({ proxy }, node("UND_ERR_ABORTED", refused)),
    `${through}the proxy refused to connect to the host`,
  );
  assertEquals(
    said({ proxy }, node("UND_ERR_ABORTED", refused.replace("403", "407"))),
    `${through}the proxy wants credentials`,
  );
  assertEquals(
    said({ proxy }, node("", "the proxy hung up")),
    `${through}the proxy closed the connection`,
  );
  const asked = node("UND_ERR_INVALID_ARG", "Proxy Authentication Required (407)");
  assertEquals(said({ proxy }, asked), `${through}the proxy wants credentials`);
  assertEquals(said({ proxy: "env" }, node("ECONNREFUSED")), "…: connection refused");
  assertEquals(
    said({ unixSocket: "/run/x.sock" }, node("ENOENT")),
    '… at the unix socket "/run/x.sock": there is no such socket',
  );
});

Deno.test("sendFetch() fails with the same error in a worker", async () => {
  const paths = UNREACHED.map(([path]) => server.url + path);
  const urls = [...paths, `${server.url}/reset-body`, "http://nowhere.invalid/"];
  const worker = new Worker(new URL("./fetch_worker.ts", import.meta.url), { type: "module" });
  try {
    for (const url of urls) {
      const there = new Promise((resolve) => worker.onmessage = ({ data }) => resolve(data));
      worker.postMessage(url);
      const { name, code, message, systemCode } = await failure(wire(url));
      assertEquals(await there, { name, code, message, systemCode });
    }
  } finally {
    worker.terminate();
  }
});

Deno.test("native.explain() tells what a runtime refuses from what the network fails", () => {
  const explain = (thrown: unknown): unknown =>
    native.explain(wire("https://a.example/?key=s3cret", { redact: ["key"] }), {
      why: "thrown",
      thrown,
    });
  const failed = (code: string, text: string) =>
    new TypeError("fetch failed", { cause: Object.assign(new Error(text), { code }) });
  const masked = '"GET https://a.example/?key=***"';
  for (
    const [thrown, reason] of [
      [failed("UND_ERR_INVALID_ARG", "invalid connection header"), "invalid connection header"],
      [failed("UND_ERR_NOT_SUPPORTED", "expect header not supported"), "expect header not "],
      [new TypeError("Invalid URL https://a.example/?key=s3cret"), "Invalid URL"],
    ] as const
  ) {
    const error = explain(thrown);
    assert(error instanceof TypeError);
    assertStringIncludes(error.message, `Cannot send ${masked}: ${reason}`);
  }
  const codings = "too many content-encodings in response: 6, maximum allowed is 5";
  const error = explain(new TypeError("fetch failed", { cause: new Error(codings) }));
  assert(error instanceof DecodeError);
  assertEquals(
    error.message,
    `Cannot decode the body of ${masked}: it has 6 content codings, at most 5 are undone`,
  );
});
