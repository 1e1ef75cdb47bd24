import { assertEquals, assertStringIncludes } from "@std/assert";
import { readChallenges, readParams } from "../../src/plugins/challenges.ts";
import {
  answerDigest,
  chooseDigest,
  type DigestChallenge,
  type DigestProtection,
} from "../../src/plugins/digest_answer.ts";
import { hash } from "../../src/plugins/hashes.ts";

const EMPTY = new Uint8Array(0);

function chosen(header: string): DigestChallenge {
  const challenge = chooseDigest(header);
  if (!challenge) throw new Error("No challenge was chosen");
  return challenge;
}

interface Vector {
  header: string;
  username: string;
  password: string;
  cnonce: string;
  method?: string;
  target: string;
  protection?: DigestProtection;
  body?: Uint8Array;
}

function answer(vector: Vector): ReadonlyMap<string, string> {
  const { header, username, password, cnonce, method = "GET", target, body = EMPTY } = vector;
  const challenge = chosen(header);
  const session = { challenge, nonce: challenge.nonce, cnonce, count: 0 };
  const request = { method, target, protection: vector.protection, body };
  const value = answerDigest(session, { username, password }, request);
  assertEquals(value.slice(0, 7), "Digest ");
  return readParams(value.slice(7));
}

const MUFASA = {
  username: "Mufasa",
  password: "Circle of Life",
  cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
  target: "/dir/index.html",
  protection: "auth",
} as const;

function mufasa(algorithm: string): string {
  return `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, ` +
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", ' +
    'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"';
}

Deno.test("answerDigest() gives the MD5 answer of RFC 7616, 3.9.1", () => {
  assertEquals(Object.fromEntries(answer({ ...MUFASA, header: mufasa("MD5") })), {
    username: "Mufasa",
    realm: "http-auth@example.org",
    uri: "/dir/index.html",
    algorithm: "MD5",
    nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
    nc: "00000001",
    cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    qop: "auth",
    response: "8ca523f5e9506fed4657c9700eebdbec",
    opaque: "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS",
  });
});

Deno.test("answerDigest() gives the SHA-256 answer of RFC 7616, 3.9.1", () => {
  const params = answer({ ...MUFASA, header: mufasa("SHA-256") });
  assertEquals(params.get("algorithm"), "SHA-256");
  assertEquals(
    params.get("response"),
    "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
  );
});

Deno.test("answerDigest() gives the answer of RFC 7616, 3.9.2, with its erratum 4897", () => {
  const params = answer({
    header: 'Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, ' +
      'nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", ' +
      'opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS", charset=UTF-8, userhash=true',
    username: "J\u{e4}s\u{f8}n Doe",
    password: "Secret, or not?",
    cnonce: "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v",
    target: "/doe.json",
    protection: "auth",
  });
  assertEquals(params.get("userhash"), "true");
  assertEquals(
    params.get("username"),
    "793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b",
  );
  assertEquals(
    params.get("response"),
    "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5",
  );
});

Deno.test("answerDigest() gives the answer of RFC 2617, 3.5", () => {
  const params = answer({
    header: 'Digest realm="testrealm@host.com", qop="auth,auth-int", ' +
      'nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"',
    username: "Mufasa",
    password: "Circle Of Life",
    cnonce: "0a4f113b",
    target: "/dir/index.html",
    protection: "auth",
  });
  assertEquals(params.get("response"), "6629fae49393a05397450978507c4ef1");
  assertEquals(params.has("algorithm"), false);
});

Deno.test("answerDigest() gives the answer of RFC 2069 where there is no qop", () => {
  const params = answer({
    header: 'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", ' +
      'opaque="5ccc069c403ebaf9f0171e9517f40e41"',
    username: "Mufasa",
    password: "CircleOfLife",
    cnonce: "unused",
    target: "/dir/index.html",
  });
  assertEquals(params.get("response"), "1949323746fe6a43ef61f9606e7febea");
  assertEquals(["qop", "nc", "cnonce"].filter((name) => params.has(name)), []);
});

Deno.test("answerDigest() binds the key of -sess to the first nonce, and hashes the body", () => {
  const body = new TextEncoder().encode("hello");
  const challenge = chosen('Digest realm="r", nonce="n1", qop="auth-int", algorithm=SHA-256-sess');
  const session = { challenge, nonce: "n2", cnonce: "c", count: 9 };
  const user = { username: "u", password: "p" };
  const value = answerDigest(session, user, {
    method: "POST",
    target: "/?a=1",
    protection: "auth-int",
    body,
  });
  const key = hash(`${hash("u:r:p")}:n1:c`);
  const about = hash(`POST:/?a=1:${hash(body)}`);
  const params = readParams(value.slice(7));
  assertEquals(params.get("response"), hash(`${key}:n2:0000000a:c:auth-int:${about}`));
  assertEquals([params.get("nc"), params.get("nonce"), session.count], ["0000000a", "n2", 10]);
});

Deno.test("answerDigest() writes a name that is no ASCII as RFC 8187 says, and escapes quotes", () => {
  const header = 'Digest realm="a \\"b\\" c", nonce="n", qop=auth';
  const base = { header, password: "p", cnonce: "c", target: "/", protection: "auth" } as const;
  const params = answer({ ...base, username: "J\u{e4}s'n" });
  assertEquals(params.get("username*"), "UTF-8''J%C3%A4s%27n");
  assertEquals([params.has("username"), params.get("realm")], [false, 'a "b" c']);
  assertEquals(answer({ ...base, username: 'a"b' }).get("username"), 'a"b');
});

Deno.test("chooseDigest() takes the strongest algorithm, in whatever order they are offered", () => {
  const [md5, sha256, sha512] = ["MD5", "SHA-256", "SHA-512-256"].map(mufasa);
  assertEquals(chosen(`${md5}, ${sha256}, Basic realm="x"`).algorithm, "SHA-256");
  assertEquals(chosen(`Basic realm="x", ${sha512}, ${md5}`).algorithm, "SHA-512-256");
  assertEquals(chosen(`${mufasa("SHA-256-sess")}, ${sha256}`).algorithm, "SHA-256-sess");
  assertEquals(chosen(`${mufasa("SHA-999")}, ${md5}`).algorithm, "MD5");
});

Deno.test("chooseDigest() finds nothing in what cannot be answered", () => {
  for (
    const header of [
      "",
      'Basic realm="x"',
      "Digest",
      'Digest realm="x"',
      'Digest nonce="x", qop=auth',
      'Digest realm="x", nonce="y", algorithm=SHA-999',
      'Digest realm="x", nonce="y", qop="auth-conf"',
      'Digest realm="x, nonce="y"',
    ]
  ) {
    assertEquals(chooseDigest(header), undefined, header);
  }
});

Deno.test("readChallenges() tells challenges from parameters", () => {
  const read = (header: string): unknown[] =>
    readChallenges(header).map(({ scheme, params }) => [scheme, Object.fromEntries(params)]);
  assertEquals(
    read('Newauth realm="apps, 1", type=1, title="Login to \\"apps\\"", Basic realm="simple"'),
    [
      ["newauth", { realm: "apps, 1", type: "1", title: 'Login to "apps"' }],
      ["basic", { realm: "simple" }],
    ],
  );
  assertEquals(read("Negotiate YIIB+/x==, , DIGEST Realm = x , nonce=y"), [
    ["negotiate", {}],
    ["digest", { realm: "x", nonce: "y" }],
  ]);
  assertEquals(read("Negotiate, Basic"), [["negotiate", {}], ["basic", {}]]);
  assertEquals(read('Basic realm="a", realm="b", __proto__=c'), [
    ["basic", { realm: "a", ["__proto__"]: "c" }],
  ]);
});

Deno.test("answerDigest() counts the answers of a session", () => {
  const challenge = chosen(mufasa("MD5"));
  const session = { challenge, nonce: challenge.nonce, cnonce: "c", count: 0 };
  const request = { method: "GET", target: "/", protection: "auth", body: EMPTY } as const;
  answerDigest(session, { username: "u", password: "p" }, request);
  const second = answerDigest(session, { username: "u", password: "p" }, request);
  assertStringIncludes(second, "nc=00000002");
});
