import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import { urlMatch } from "../../src/testing/url_match.ts";

Deno.test("urlMatch() ignores the query when none is given", () => {
  const { matches } = urlMatch("https://api.test/a#part");
  assert(matches("https://api.test/a"));
  assert(matches("https://api.test/a?x=1"));
  assert(matches("https://me:secret@api.test:443/a"));
  for (const other of ["http://api.test/a", "https://api.test/a/", "https://api.test:8443/a"]) {
    assertFalse(matches(other));
  }
});

Deno.test("urlMatch() compares the query by names when one is given", () => {
  const { matches } = urlMatch("https://api.test/a?y=b%20c&x=1&x=2");
  assert(matches("https://api.test/a?x=1&x=2&y=b+c"));
  assert(matches("https://api.test/a?x=1&y=b%20c&x=2"));
  for (const query of ["", "?x=1&x=2", "?x=2&x=1&y=b+c", "?x=1&x=2&y=b+c&z=", "?x=1&x=2&y=d"]) {
    assertFalse(matches(`https://api.test/a${query}`));
  }
});

Deno.test("urlMatch() wants no query when an empty one is given", () => {
  for (const url of ["https://api.test/a?", new URL("https://api.test/a?")]) {
    assert(urlMatch(url).matches("https://api.test/a"));
    assertFalse(urlMatch(url).matches("https://api.test/a?x"));
  }
});

Deno.test("urlMatch() matches any value where a recording is masked", () => {
  const { matches } = urlMatch("https://***@api.test/a?key=***&x=1");
  assert(matches("https://api.test/a?x=1&key=secret"));
  assertFalse(matches("https://api.test/a?x=2&key=secret"));
  assertFalse(matches("https://api.test/a?x=1"));
});

Deno.test("urlMatch() takes a path on any origin", () => {
  const { matches } = urlMatch("/v1/users?x=1");
  assert(matches("https://api.test/v1/users?x=1"));
  assert(matches("http://127.0.0.1:8080/v1/users?x=1"));
  assertFalse(matches("http://127.0.0.1:8080/users?x=1"));
});

Deno.test("urlMatch() tests a pattern against the whole URL, each time anew", () => {
  const pattern = /users\/\d+\?x/gy;
  const { matches } = urlMatch(new RegExp(pattern.source, "g"));
  for (let time = 0; time < 3; time++) assert(matches("https://api.test/users/12?x=1"));
  assertEquals(urlMatch(pattern).key, urlMatch(/users\/\d+\?x/).key);
});

Deno.test("urlMatch() refuses what is no URL", () => {
  for (const text of ["", "users", "//host/a", "/\\host", "https://"]) {
    assertThrows(() => urlMatch(text), TypeError, `Cannot register a route for "${text}"`);
  }
});

Deno.test("urlMatch() takes a segment :name for any one, and says what is more exact", () => {
  const { matches } = urlMatch("/users/:id/posts/:post_id");
  assert(matches("https://api.test/users/1/posts/a%20b?page=2"));
  for (const path of ["/users/1/posts", "/users//posts/2", "/users/1/2/posts/3", "/x/1/posts/2"]) {
    assertFalse(matches(`https://api.test${path}`), path);
  }
  assert(
    urlMatch("https://api.test:8443/v1.0/:id?x=1").matches("https://api.test:8443/v1.0/7?x=1"),
  );
  assertFalse(urlMatch("https://api.test/v1.0/:id").matches("https://api.test/v1x0/7"));
  const order = ["*", /x/, "/a/:id", "/a/:id?x", "/a/b", "/a/b?x", "https://a.test/:id"];
  const exactness = [...order, "https://a.test/b"].map((url) => urlMatch(url).exactness);
  assertEquals(exactness, exactness.toSorted((a, b) => a - b));
  assertEquals(new Set(exactness).size, exactness.length);
});

Deno.test("urlMatch() takes a colon elsewhere, encoded, or of a recording as text", () => {
  for (const path of ["/things/x:batch", "/at/12:30", "/a/%3Aid", "/a/:1"]) {
    assert(urlMatch(path).matches(`https://api.test${path}`), path);
    assertFalse(urlMatch(path).matches("https://api.test/a/other"), path);
  }
  const recorded = urlMatch("https://api.test/users/:id", true);
  assert(recorded.matches("https://api.test/users/:id"));
  assertFalse(recorded.matches("https://api.test/users/1"));
  assertFalse(recorded.key === urlMatch("https://api.test/users/:id").key);
});
