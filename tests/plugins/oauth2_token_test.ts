import { assertEquals } from "@std/assert";
import { isFresh, readAnswer, readToken, tokenRequest } from "../../src/plugins/oauth2_token.ts";

const CLIENT = {
  clientId: "my id",
  clientSecret: "a:b/c+\u{e9}",
  clientAuth: "basic",
  scope: "read write",
  params: { audience: "https://api.example.com" },
} as const;

function answer(text: string, status = 200, contentType: string | null = "application/json") {
  return readAnswer({ status, contentType, text }, "r1", 1_000);
}

Deno.test("tokenRequest() puts the secret where it is asked to, encoded as RFC 6749 says", () => {
  const { headers, form } = tokenRequest(CLIENT, undefined);
  assertEquals(headers, {
    accept: "application/json",
    authorization: `Basic ${btoa("my+id:a%3Ab%2Fc%2B%C3%A9")}`,
  });
  assertEquals(form, {
    audience: "https://api.example.com",
    grant_type: "client_credentials",
    scope: "read write",
  });
  const inBody = tokenRequest({ ...CLIENT, clientAuth: "body" }, "r1");
  assertEquals(inBody.headers, { accept: "application/json" });
  assertEquals(inBody.form, {
    audience: "https://api.example.com",
    grant_type: "refresh_token",
    refresh_token: "r1",
    scope: "read write",
    client_id: "my id",
    client_secret: "a:b/c+\u{e9}",
  });
  const isPublic = tokenRequest({ ...CLIENT, clientSecret: undefined, scope: undefined }, "r1");
  assertEquals([isPublic.headers, isPublic.form.client_id, "scope" in isPublic.form], [
    { accept: "application/json" },
    "my id",
    false,
  ]);
});

Deno.test("readAnswer() reads a token", () => {
  const full = { "access_token": "a", "token_type": "bearer", "expires_in": 60, scope: "s" };
  assertEquals(answer(JSON.stringify({ ...full, "refresh_token": "r2" })), {
    accessToken: "a",
    refreshToken: "r2",
    expiresAt: 61_000,
    issuedAt: 1_000,
    scope: "s",
  });
  assertEquals(answer('{"access_token":"a","expires_in":"60"}'), {
    accessToken: "a",
    refreshToken: "r1",
    expiresAt: 61_000,
    issuedAt: 1_000,
  });
  const own = { status: 200, contentType: null, text: '{"access_token":"a","refresh_token":"r"}' };
  assertEquals(readAnswer(own, undefined, 5), { accessToken: "a", issuedAt: 5 });
});

Deno.test("readAnswer() says why there is no token", () => {
  const why = (...args: Parameters<typeof answer>): string => {
    const read = answer(...args);
    return "why" in read ? read.why : "there is one";
  };
  assertEquals(
    why("<!doctype html>", 200, "text/html; charset=utf-8"),
    "it answered 200 with text/html, and not with JSON",
  );
  assertEquals(why("", 502, null), "it answered 502 with no content type, and not with JSON");
  assertEquals(why("[]"), "it answered 200 with application/json, and not with JSON");
  assertEquals(why('{"error":"invalid_client"}', 401), 'it was refused with "invalid_client"');
  assertEquals(
    why('{"error":"x\\ny","error_description":"too\\r\\nold"}', 200),
    'it was refused with "x y" (too old)',
  );
  assertEquals(why('{"message":"no"}', 500), "it answered 500 without an error code");
  assertEquals(why('{"access_token":"a"}', 500), "it answered 500 without an error code");
  assertEquals(why("{}"), "it answered 200 without an access token");
  assertEquals(why('{"access_token":"a\\nb"}'), "it gave an access token that no header can carry");
  assertEquals(
    why('{"access_token":"a","token_type":"DPoP"}'),
    'it gave a token of the type "DPoP", and only "Bearer" is known',
  );
});

Deno.test("readToken() drops what is no token", () => {
  const token = { accessToken: "a", refreshToken: "r", expiresAt: 2, issuedAt: 1, scope: "s" };
  assertEquals(readToken({ ...token, more: 1 }), token);
  for (
    const bad of [
      undefined,
      null,
      "a",
      {},
      { accessToken: "" },
      { accessToken: "a b" },
      { accessToken: "a", expiresAt: "soon" },
      { accessToken: "a", refreshToken: 1 },
    ]
  ) assertEquals(readToken(bad), undefined);
});

Deno.test("isFresh() keeps a margin, and half of a short life", () => {
  const at = (time: number, token: object): boolean =>
    isFresh({ accessToken: "a", ...token }, time, 30_000);
  assertEquals(at(1e15, {}), true);
  assertEquals([at(69_999, { expiresAt: 100_000 }), at(70_000, { expiresAt: 100_000 })], [
    true,
    false,
  ]);
  const short = { issuedAt: 0, expiresAt: 20_000 };
  assertEquals([at(9_999, short), at(10_000, short)], [true, false]);
  // A clock that was set back: the server's 401 decides then.
  assertEquals(at(-1e9, short), true);
});
