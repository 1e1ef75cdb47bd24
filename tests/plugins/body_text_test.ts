import { assertEquals } from "@std/assert";
import { cut, isText, maskBody, previewBody } from "../../src/plugins/body_text.ts";

const JSON_TYPE = "application/json; charset=utf-8";
const FORM = "application/x-www-form-urlencoded";
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

Deno.test("maskBody() masks secret fields of JSON at any depth", () => {
  const body = {
    user: "ada",
    password: "p",
    list: [{ access_token: "t", n: 1 }],
    clientSecret: {},
  };
  assertEquals(
    maskBody(JSON.stringify(body), JSON_TYPE, []),
    '{"user":"ada","password":"***","list":[{"access_token":"***","n":1}],"clientSecret":"***"}',
  );
});

Deno.test("maskBody() masks the fields that redact names, whatever their case", () => {
  assertEquals(
    maskBody('{"Tax_ID":"1"}', "application/problem+json", ["tax-id"]),
    '{"Tax_ID":"***"}',
  );
});

Deno.test("maskBody() masks fields of a form", () => {
  assertEquals(
    maskBody("user=ada&client%5Fsecret=a%26b&grant_type=x&token=", FORM, ["user"]),
    "user=***&client%5Fsecret=***&grant_type=x&token=***",
  );
});

Deno.test("maskBody() leaves text, and what only calls itself JSON", () => {
  assertEquals(maskBody("password=1", "text/plain", []), "password=1");
  assertEquals(maskBody("{nope", JSON_TYPE, []), "{nope");
  assertEquals(maskBody("%zz=1", FORM, []), "%zz=1");
});

Deno.test("maskBody() survives JSON of any depth", () => {
  const deep = "[".repeat(200_000) + "]".repeat(200_000);
  assertEquals(maskBody(deep, JSON_TYPE, []), deep);
});

Deno.test("previewBody() masks first and cuts afterwards", () => {
  const text = JSON.stringify({ password: "x".repeat(100), b: 1 });
  assertEquals(previewBody(bytes(text), JSON_TYPE, [], 18), '{"password":"***",… (6 more)');
});

Deno.test("previewBody() says the size of what is no text, and of what is large", () => {
  assertEquals(previewBody(new Uint8Array(5), "image/png", [], 100), "<5 bytes of image/png>");
  assertEquals(previewBody(new Uint8Array(5), "", [], 100), "<5 bytes of no type>");
  assertEquals(
    previewBody(new Uint8Array((1 << 20) + 1), "text/plain", [], 9),
    "<1048577 bytes of text/plain>",
  );
  assertEquals(previewBody(new Uint8Array(0), "image/png", [], 100), "");
});

Deno.test("isText() knows the types that a person can read", () => {
  const text = ["text/html", "application/json", "application/ld+json", "image/svg+xml", FORM];
  const other = ["image/png", "application/octet-stream", "multipart/form-data; boundary=x", ""];
  assertEquals(text.map(isText), [true, true, true, true, true]);
  assertEquals(other.map(isText), [false, false, false, false]);
});

Deno.test("cut() says how much is left out", () => {
  assertEquals(cut("abcdef", 6), "abcdef");
  assertEquals(cut("abcdef", 2), "ab… (4 more)");
});
