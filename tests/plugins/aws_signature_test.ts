import { assertEquals, assertNotEquals } from "@std/assert";
import { awsDate, signAws } from "../../src/plugins/aws_signature.ts";
import { hash } from "../../src/plugins/hashes.ts";

const KEYS = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
};
const AT = Date.UTC(2015, 7, 30, 12, 36);
const TOKEN =
  "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfp" +
  "SPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5" +
  "VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fP" +
  "OLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";

interface Sample {
  method?: string;
  path?: string;
  query?: string;
  headers?: Record<string, string>;
  body?: string;
  service?: string;
}

function sign({ method = "GET", path = "/", query = "", ...sample }: Sample): string {
  const { headers = {}, body = "", service = "service" } = sample;
  return signAws(
    {
      method,
      host: "example.amazonaws.com",
      path,
      query,
      headers: new Headers({ "x-amz-date": awsDate(AT), ...headers }),
      payload: hash(body),
    },
    KEYS,
    { region: "us-east-1", service, at: AT },
  );
}

/** The public test suite of AWS: its name for each sample, and the signature there. */
const SUITE: Record<string, [Sample, string]> = {
  "get-vanilla": [{}, "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"],
  "get-vanilla-query-order-key-case": [
    { query: "Param2=value2&Param1=value1" },
    "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
  ],
  "get-vanilla-empty-query-key": [
    { query: "Param1=value1" },
    "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb",
  ],
  "get-vanilla-utf8-query": [
    { query: "\u1234=bar" },
    "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
  ],
  "get-utf8": [
    { path: "/\u1234" },
    "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85",
  ],
  "get-unreserved": [
    { path: "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" },
    "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
  ],
  "get-space": [
    { path: "/example space/" },
    "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741",
  ],
  "get-slashes": [
    { path: "//example//" },
    "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84",
  ],
  "get-slash-pointless-dots": [
    { path: "/./example" },
    "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5",
  ],
  "get-relative": [
    { path: "/example/.." },
    "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
  ],
  "get-header-value-trim": [
    { headers: { "my-header1": " value1", "my-header2": ' "a   b   c"' } },
    "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
  ],
  "post-vanilla": [
    { method: "POST" },
    "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
  ],
  "post-header-key-case": [
    { method: "POST", headers: { "My-Header1": "value1" } },
    "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
  ],
  "post-x-www-form-urlencoded": [
    {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: "Param1=value1",
    },
    "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
  ],
  "post-sts-header-before": [
    { method: "POST", headers: { "x-amz-security-token": TOKEN } },
    "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
  ],
};

for (const [name, [sample, signature]] of Object.entries(SUITE)) {
  Deno.test(`signAws() gives the signature of ${name}`, () => {
    assertEquals(sign(sample).split("Signature=")[1], signature);
  });
}

Deno.test("signAws() names keys, scope and the headers that it signed", () => {
  const headers = { "user-agent": "x", authorization: "old", "content-type": "a/b" };
  assertEquals(
    sign({ headers }).split("Signature=")[0],
    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, " +
      "SignedHeaders=content-type;host;x-amz-date, ",
  );
});

Deno.test("signAws() keeps the path of S3 and encodes it once, others are tidied and encoded again", () => {
  const s3 = (path: string): string => sign({ path, service: "s3" });
  assertEquals(s3("/a%20b"), s3("/a b"));
  assertEquals(s3("/a(1)*"), s3("/a%281%29%2A"));
  assertNotEquals(s3("//a"), s3("/a"));
  assertNotEquals(sign({ path: "/a%20b" }), sign({ path: "/a b" }));
  assertEquals(sign({ path: "//a/./b/../" }), sign({ path: "/a/" }));
});

Deno.test("signAws() sorts a query by name, then by value, and takes a plus for a space", () => {
  assertEquals(sign({ query: "a=2&a-b=1&a=1&&" }), sign({ query: "a=1&a=2&a-b=1" }));
  assertEquals(sign({ query: "a=b+c" }), sign({ query: "a=b%20c" }));
  assertNotEquals(sign({ query: "a=b+c" }), sign({ query: "a=b%2Bc" }));
  assertEquals(sign({ query: "a=%zz" }), sign({ query: "a=%25zz" }));
});
