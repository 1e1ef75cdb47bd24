/** What comes back. */

import type { RequestConfig } from "../../../mod.ts";
import { answer, chunked, response, type Row } from "./kit.ts";

type Answer = Parameters<typeof answer>[0];

/** A row that is one answer, whole and as a stream. */
function comes(name: string, given: Answer, config?: RequestConfig, query = ""): Row {
  return {
    name,
    async run(kit) {
      const whole = await kit.request(answer(given, query), { validateStatus: false, ...config });
      return [whole, await kit.stream(answer(given, query), { validateStatus: false, ...config })];
    },
  };
}

function gets(name: string, path: string, config?: RequestConfig): Row {
  return { name, run: (kit) => kit.request(path, config) };
}

/** A row whose answer the client does not take to its end. */
function leaves(name: string, path: string, config?: RequestConfig): Row {
  return { ...gets(name, path, config), closes: true };
}

const OK = "HTTP/1.1 200 OK\r\n";

/** Rows about whole answers, their heads and framings. */
export const responseRows: readonly Row[] = [
  comes("a body with its length", response("hello", "content-type: text/plain\r\n")),
  comes("an empty body", response("")),
  comes("a body in chunks", chunked(["hel", "lo"])),
  comes("a body in pieces", [`${OK}content-length: 5\r\n\r\nhe`, "llo"]),
  comes("chunks in pieces", [
    `${OK}transfer-encoding: chunked\r\n\r\n2\r\nhe\r\n`,
    "3\r\nllo\r\n0\r\n\r\n",
  ]),
  comes("a body until the end", `${OK}connection: close\r\n\r\nuntil the end`, {}, "how=end"),
  comes("a body without any framing", `${OK}\r\nuntil the end`, {}, "how=end"),
  comes("HTTP 1.0", "HTTP/1.0 200 OK\r\n\r\nold", {}, "how=end"),
  comes("trailers", `${OK}transfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nx-sum: 1\r\n\r\n`),
  comes("chunk extensions", `${OK}transfer-encoding: chunked\r\n\r\n2;a=b\r\nok\r\n0\r\n\r\n`),
  comes("204", "HTTP/1.1 204 No Content\r\nx-a: 1\r\n\r\n"),
  comes("204 with a length", "HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n"),
  comes("304", 'HTTP/1.1 304 Not Modified\r\netag: "x"\r\ncontent-length: 5\r\n\r\n'),
  comes("205 with a body", response("dropped", "", "205 Reset Content")),
  comes("HEAD with a length", "HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n", { method: "HEAD" }),
  comes("HEAD with a coding", "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n", {
    method: "HEAD",
  }),
  comes("early hints", ["HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n", response("ok")]),
  comes("processing", `HTTP/1.1 102 Processing\r\n\r\n${OK}content-length: 2\r\n\r\nok`),
  comes("an uncalled for 100", `HTTP/1.1 100 Continue\r\n\r\n${OK}content-length: 2\r\n\r\nok`),
  comes(
    "an uncalled for 101",
    "HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
  ),
  comes("407", response("pay", "", "407 Proxy Authentication Required")),
  comes("421", response("wrong", "", "421 Misdirected Request")),
  comes("418", response("short", "", "418 I'm a teapot")),
  comes("599", response("far", "", "599 Far")),
  comes("799", response("far", "", "799 Farther")),
  comes("no reason phrase", response("ok", "", "200")),
  comes("a reason phrase of umlauts", response("ok", "", "200 Sch\xf6n")),
  comes("cookies", response("ok", "set-cookie: a=1; Path=/\r\nSet-Cookie: b=2, c\r\n")),
  comes("repeated headers", response("ok", "x-a: 1\r\nvary: a\r\nX-A: 2\r\nvary: b\r\n")),
  comes("Latin-1 headers", response("ok", "x-name: M\xfcller\r\n")),
  comes("UTF-8 headers", response("ok", "x-name: M\xc3\xbcller\r\n")),
  comes("an empty header", response("ok", "x-empty:\r\nx-space:   \r\n")),
  comes("a name that is no token", response("ok", "x y: 1\r\nx-after: 2\r\n")),
  comes("a name of the prototype", response("ok", "constructor: 1\r\n__proto__: 2\r\n")),
  comes("a folded header", response("ok", "x-a: 1\r\n 2\r\n")),
  comes(
    "two types",
    response("{}", "content-type: text/plain\r\ncontent-type: application/json\r\n"),
  ),
  comes("a BOM", response("\xef\xbb\xbf{}", "content-type: application/json\r\n")),
  comes(
    "length and chunks",
    `${OK}content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
  ),
  comes("two lengths", `${OK}content-length: 2\r\ncontent-length: 5\r\n\r\nhello`),
  comes("a length in letters", `${OK}content-length: five\r\n\r\nhello`),
  comes("more than the length", `${OK}content-length: 2\r\n\r\nhello`, {}, "how=end"),
  gets("5 MiB", `/large?size=${5 * 1024 ** 2}`),
  gets("5 MiB in chunks", `/large?size=${5 * 1024 ** 2}&chunked`),
  {
    name: "a stream of 1 MiB",
    run: (kit) => kit.stream(`/large?size=${1024 ** 2}`),
  },
  {
    name: "a stream of 1 MiB in chunks",
    run: (kit) => kit.stream(`/large?size=${1024 ** 2}&chunked`),
  },
  {
    name: "a stream that is left early",
    closes: true,
    run: (kit) => kit.stream(`/large?size=${50 * 1024 ** 2}`, {}, 1),
  },
  {
    name: "progress of a download",
    async run(kit) {
      const told: unknown[] = [];
      await kit.request("/large?size=300000", {
        onDownloadProgress: ({ loaded, total }) => told.push([loaded, total]),
      });
      return told.at(-1);
    },
  },
  leaves("too large by its length", "/large?size=5000000", { maxResponseSize: 1000 }),
  leaves("too large in chunks", "/large?size=500000&chunked", { maxResponseSize: 1000 }),
  {
    name: "a stream that is too large",
    closes: true,
    async run(kit) {
      const { error } = await kit.stream("/large?size=500000", { maxResponseSize: 1000 });
      return error;
    },
  },
  gets("as large as it may be", "/large?size=1000", { maxResponseSize: 1000 }),
  gets("a refused status with a body", answer(response('{"a":1}', "", "500 Bad"))),
  gets("a refused status, too large", answer(response("x".repeat(99), "", "500 Bad")), {
    maxResponseSize: 10,
  }),
  ...redirectRows(),
];

function redirectRows(): Row[] {
  const to = (status: number, location: string, body = "moved", more = ""): string =>
    answer(response(body, `location: ${location}\r\n${more}`, `${status} Moved`));
  return [
    ...[301, 302, 303, 307, 308].map((status) => gets(`${status}`, to(status, "/ok"))),
    ...[302, 303, 307].map((status): Row => ({
      name: `POST and ${status}`,
      run: (kit) => kit.request(to(status, "/ok"), { method: "POST", json: [1] }),
    })),
    gets("a redirect that is not followed", to(302, "/ok"), { followRedirects: false }),
    gets("a redirect without a location", answer(response("x", "", "302 Found"))),
    gets("a redirect to a redirect", to(302, to(307, "/ok"))),
    gets("too many redirects", to(302, to(307, "/ok")), { maxRedirects: 1 }),
    gets("a redirect with a large body", to(302, "/ok", "x".repeat(40_000))),
    gets("a redirect with a wrong coding", to(302, "/ok", "x", "content-encoding: gzip\r\n")),
    gets(
      "a redirect whose body stalls",
      answer(
        "HTTP/1.1 302 Found\r\nlocation: /ok\r\ncontent-length: 9\r\n\r\nx",
      ),
    ),
    gets(
      "a redirect in chunks",
      answer(
        chunked(["x"], "location: /ok\r\n").map((byte, index) => index === 9 ? 51 : byte),
      ),
    ),
    {
      name: "a redirect to another origin",
      run: (kit) =>
        kit.request(to(302, `${kit.server.replace("127.0.0.1", "localhost")}/ok`), {
          headers: { authorization: "Bearer x" },
        }),
      repeat: 3,
    },
  ];
}
