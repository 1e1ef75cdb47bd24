import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { create } from "../../mod.ts";
import { toCurl } from "../../src/plugins/to_curl.ts";
import { MockTransport } from "../../src/testing/mod.ts";
import { bothStyles } from "../support/styles.ts";

const URL_A = "https://api.example.com/a";

Deno.test("toCurl() writes a GET with its URL and headers", () => {
  assertEquals(
    toCurl({ url: `${URL_A}?q=a b&c='`, headers: { "x-name": "it's" } }),
    `curl '${URL_A}?q=a b&c='\\'''` + " \\\n  --header 'x-name: it'\\''s'",
  );
});

Deno.test("toCurl() resolves baseURL, path and params as a call does", () => {
  const command = toCurl({
    baseURL: "https://api.example.com/v1",
    url: "/users/{id}",
    path: { id: "a/b" },
    params: { q: "ä" },
  });
  assertStringIncludes(command, "'https://api.example.com/v1/users/a%2Fb?q=%C3%A4'");
});

Deno.test("toCurl() writes JSON, forms and text as data", () => {
  assertStringIncludes(
    toCurl({ url: URL_A, method: "POST", json: { a: "ü" } }),
    `--header 'content-type: application/json' \\\n  --data-raw '{"a":"ü"}'`,
  );
  assertStringIncludes(toCurl({ url: URL_A, method: "PUT", form: { a: "1 2" } }), "'a=1+2'");
  assertStringIncludes(toCurl({ url: URL_A, method: "PUT", data: "plain" }), "--data-raw 'plain'");
});

Deno.test("toCurl() pipes bytes that cannot be typed", () => {
  const command = toCurl({ url: URL_A, method: "PUT", data: new Uint8Array([0, 255, 10]) });
  assertStringIncludes(command, "printf '\\000\\377\\012' | curl ");
  assertStringIncludes(command, "--header 'content-type:' \\\n  --data-binary @-");
});

Deno.test("toCurl() asks for the head alone, and for a method of any name", () => {
  assertStringIncludes(toCurl({ url: URL_A, method: "head" }), "--head");
  assertStringIncludes(toCurl({ url: URL_A, method: "PROPFIND" }), "--request PROPFIND");
  assertStringIncludes(toCurl({ url: URL_A, method: "M'X" }), "--request 'M'\\''X'");
});

Deno.test("toCurl() switches patterns off where the URL looks like one", () => {
  assertStringIncludes(
    toCurl({ url: "http://[::1]:8080/" }),
    "curl --globoff 'http://[::1]:8080/'",
  );
});

Deno.test("toCurl() masks credentials, unless it is asked for them", () => {
  const request = {
    url: `${URL_A}?key=k3y`,
    method: "POST",
    headers: { authorization: "Bearer t0p", "x-tax": "7" },
    json: { password: "pw", name: "ada" },
    redact: ["key", "x-tax"],
  };
  const masked = toCurl(request);
  for (const secret of ["k3y", "t0p", "pw", "'x-tax: 7'"]) {
    assertEquals(masked.includes(secret), false, secret);
  }
  assertStringIncludes(masked, "authorization: ***");
  assertStringIncludes(masked, '{"password":"***","name":"ada"}');
  const whole = toCurl(request, { secrets: true });
  for (const secret of ["k3y", "t0p", "pw", "'x-tax: 7'"]) assertStringIncludes(whole, secret);
});

Deno.test("toCurl() leaves to curl what that knows better", () => {
  const headers = { "content-length": "3", host: "x", "accept-encoding": "gzip" };
  const command = toCurl({ url: URL_A, method: "POST", headers, data: new Uint8Array([97]) });
  assertEquals(/content-length|host/.test(command), false);
  assertStringIncludes(command, "--compressed");
});

Deno.test("toCurl() refuses a body that cannot be read here and now", () => {
  const stream = new ReadableStream();
  assertThrows(() => toCurl({ url: URL_A, method: "POST", data: stream }), TypeError, "stream");
  assertEquals(stream.locked, false);
  const blob = new Blob(["a"]);
  assertThrows(() => toCurl({ url: URL_A, method: "POST", data: blob }), TypeError, "Blob");
});

Deno.test("toCurl() fails as the call would for a request that cannot be sent", () => {
  assertThrows(() => toCurl({ url: "/a" }), TypeError);
  assertThrows(() => toCurl({ url: URL_A, json: 1, form: {} }), TypeError);
});

bothStyles("toCurl() writes what goes on the wire, in middleware per hop", async (t) => {
  const transport = new MockTransport();
  transport.on("*", "*").reply(201);
  const commands: string[] = [];
  const api = create({ baseURL: "https://api.example.com", transport });
  api.interceptors.request.use((request) => request.headers.set("x-from", "interceptor"));
  api.use((request, next) => {
    commands.push(toCurl(request));
    return next(request);
  }, { per: "hop" });
  const response = await t.post(api, "/users", { json: { a: 1 }, params: { q: 1 } });
  const [command = ""] = commands;
  assertStringIncludes(command, "curl 'https://api.example.com/users?q=1'");
  assertStringIncludes(command, "--header 'x-from: interceptor'");
  assertStringIncludes(command, `--data-raw '{"a":1}'`);
  assertStringIncludes(toCurl(response.request), "--request POST");
});
