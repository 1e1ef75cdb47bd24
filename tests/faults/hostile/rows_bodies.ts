/** Bodies that are not what their headers say, and bodies of redirects. */

import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { answer, ending, type Framing, response } from "../../support/answers.ts";
import { isNodeFetch, type Place, type Row } from "./kit.ts";

const DECODE = "DecodeError: Cannot decode the body of REQUEST: ";
const SIZE = "BodySizeError: Cannot read the body of REQUEST: larger than 1000 bytes " +
  '("maxResponseSize")';
const TIMEOUT = "TimeoutError: Cannot read the body of REQUEST";
const FRAMINGS = ["length", "chunked", "close"] as const satisfies Framing[];
const CODINGS = ["gzip", "deflate", "br", "gzip, br", "br, gzip", "identity, gzip", "gzip,"];

/** Nothing that a compressor could make smaller; as much as a URL takes. */
const NOISE = noise(44_000);

function noise(size: number): Uint8Array<ArrayBuffer> {
  let state = 1;
  return Uint8Array.from({ length: size }, () => {
    state = Math.imul(state, 1103515245) + 12345 >>> 0;
    return state >>> 24;
  });
}

function headersOf(coding: string): string {
  return `content-type: text/plain\r\ncontent-encoding: ${coding}\r\n`;
}

/** A plain body that says it is encoded. */
function mislabelled(coding: string, framing: Framing): Row {
  return {
    name: `a plain body that is called "${coding}", its end told by ${framing}, is a DecodeError`,
    async run({ call, read }) {
      const path = answer(response("plain text", headersOf(coding), framing), ending(framing));
      const told = [await call(path, { timeout: 700 }), await read(path, { timeout: 700 })];
      // Each of them, on its own, may be one that Node never ends.
      return told.map((outcome) => outcome.replace(/: (?:not complete|no more data) .*/, ""));
    },
    expected(place) {
      const error = `${DECODE}not valid CODING`;
      // Its decoder takes what it has got for all there is, see docs/limits.md.
      if (isNodeFetch(place) && coding.endsWith("br")) return [["200 ", "200 "]];
      const stuck = isNodeFetch(place) && place.major < 24 && framing === "close";
      const outcomes = stuck ? [error, TIMEOUT] : [error];
      return outcomes.flatMap((whole) => outcomes.map((stream) => [whole, stream]));
    },
  };
}

function layers(count: number): { readonly coding: string; readonly body: Uint8Array } {
  let body: Uint8Array = NOISE;
  for (let layer = 0; layer < count; layer++) body = gzipSync(body);
  return { coding: Array(count).fill("gzip").join(", "), body };
}

const SIX = `${DECODE}it has 6 content codings, at most 5 are undone`;

/** More codings than are undone; Node's fetch refuses them when nobody can catch what comes then. */
const tooMany: readonly Row[] = [
  ["a plain body", (coding: string) => answer(response(NOISE, headersOf(coding)))],
  ["a plain body, and then a reset", (coding: string) => {
    const whole = response(NOISE, headersOf(coding));
    return answer(whole.subarray(0, -5), "how=reset");
  }],
  ["a body of six layers", () => {
    const { coding, body } = layers(6);
    return answer(response(body, headersOf(coding)));
  }],
  [
    "a body that ends with its connection",
    (coding: string) => answer(response(NOISE, headersOf(coding), "close"), "how=end"),
  ],
].map(([name, path]) => ({
  name: `six codings on ${name} are a DecodeError, and no other call notices`,
  run: ({ call }) => call((path as (coding: string) => string)(Array(6).fill("gzip").join(", "))),
  expected: () => [SIX],
  strays: isNodeFetch,
}));

/** What a small body on the wire would grow to. */
const bombs: readonly Row[] = [4, 64].flatMap((mib) =>
  [1, 2, 3, 4, 5].map((count): Row => ({
    name: `${mib} MiB of zeros in ${count} layers of gzip are bounded by maxResponseSize`,
    run: ({ call }) => call(`/zeros?mib=${mib}&layers=${count}`, { maxResponseSize: 1_000 }),
    expected: () => [SIZE],
    ...mib > 4 && { bulk: true },
  }))
);

const LONG = "x".repeat(5_000);

const lengths: readonly Row[] = [
  {
    name: "a content-length beside chunks is no bound for what comes",
    run: ({ call }) => {
      const headers = "content-type: text/plain\r\ncontent-length: 3\r\n";
      return call(answer(response(LONG, headers, "chunked")), { maxResponseSize: 1_000 });
    },
    expected: ({ runtime }) =>
      runtime === "deno"
        ? [SIZE]
        : ["the answer is not valid HTTP", "the body does not match its content-length"]
          .map((why) => `NetworkError: Cannot reach REQUEST: ${why}`),
  },
  {
    name: "a wrong content-length of a fetch of the user's is no bound either",
    run: async ({ ax, call }) => {
      const fetch = ax.portable(async (url: string, init: RequestInit) =>
        url.includes("/lying")
          ? new Response("x".repeat(5_000), { headers: { "content-length": "3" } })
          : await globalThis.fetch(url, init)
      );
      return [
        await call("/lying", { fetch: fetch as never, maxResponseSize: 1_000 }),
        await call("/lying", { fetch: fetch as never }),
      ];
    },
    expected: () => [[SIZE, "200 5000 characters"]],
  },
];

/** A chunk for each byte: what a chunk costs must not depend on how many there are. */
const tiny: readonly Row[] = [2_000, 50_000].flatMap((size) =>
  ["", " of gzip"].map((coding): Row => ({
    name: `${size} bytes${coding}, each of them a chunk, come whole, also as a stream`,
    async run({ call, read }) {
      const path = `/tiny?size=${size}${coding && "&gzip"}`;
      const told = [await call(path, { timeout: 30_000 }), await read(path, { timeout: 30_000 })];
      return told.map((outcome) => /^200 \d+ characters$/.test(outcome));
    },
    expected: () => [[true, true]],
    ...size > 2_000 && { bulk: true },
  }))
);

/** The body of a redirect is none of the call's business, whatever it is. */
const redirects: readonly Row[] = [
  ["stalls", answer("HTTP/1.1 302 Found\r\nlocation: /ok\r\ncontent-length: 1000\r\n\r\n0123")],
  [
    "stalls in a chunk",
    answer("HTTP/1.1 302 Found\r\nlocation: /ok\r\ntransfer-encoding: chunked\r\n\r\nff\r\n0123"),
  ],
  ["never ends", "/endless?status=302&location=/ok"],
  ["is large", "/endless?status=302&location=/ok&size=5000000"],
  [
    "is called gzip, and is none",
    answer(response("plain", `location: /ok\r\n${headersOf("gzip")}`, "length", "302 Found")),
  ],
  [
    "is called gzip, and ends with its connection",
    answer(
      response("plain", `location: /ok\r\n${headersOf("gzip")}`, "close", "302 Found"),
      "how=end",
    ),
  ],
  [
    "is cut",
    answer("HTTP/1.1 302 Found\r\nlocation: /ok\r\ncontent-length: 1000\r\n\r\n0123", "how=reset"),
  ],
].map(([what, path = ""]) => ({
  name: `a redirect whose body ${what} is followed by its head alone`,
  run: async ({ call, read }) => {
    const config = { maxResponseSize: 1_000, timeout: 1_500 };
    const told = [await call(path, config), await read(path, config)];
    return told.map((outcome) => outcome.replace(/"count":\d+/, '"count":1'));
  },
  expected: () => [Array(2).fill('200 {"count":1,"method":"GET","length":0}')],
}));

const whole = gzipSync(NOISE);

/** A gzip body that lacks its end, which says whether it is whole. */
const cut: readonly Row[] = ([
  ["its trailer", whole.subarray(0, -8), "gzip"],
  ["its half", whole.subarray(0, 20_000), "gzip"],
  ["its half", brotliCompressSync(NOISE).subarray(0, 20_000), "br"],
  ["its half", deflateSync(NOISE).subarray(0, 20_000), "deflate"],
] as const).flatMap(([what, body, coding]) =>
  (["length", "close"] as const).map((framing): Row => ({
    name: `${coding} without ${what}, its end told by ${framing}, is a DecodeError`,
    run: async ({ call }) => {
      const seen = await call(answer(response(body, headersOf(coding), framing), ending(framing)));
      return seen.replace(/^200 .*/s, "200");
    },
    expected: (place) => takesCut(place, coding) ? ["200"] : [`${DECODE}not valid CODING`],
  }))
);

/** Where the runtime takes what is cut for whole, see docs/limits.md. */
function takesCut(place: Place, coding: string): boolean {
  return isNodeFetch(place) || (place.runtime === "deno" && coding === "deflate");
}

/** Rows about bodies. */
export const bodyRows: readonly Row[] = [
  ...CODINGS.flatMap((coding) => FRAMINGS.map((framing) => mislabelled(coding, framing))),
  ...tooMany,
  ...bombs,
  ...lengths,
  ...tiny,
  ...redirects,
  ...cut,
  {
    name: "a body that is cut on the wire is a NetworkError, also an encoded one",
    run: async ({ call }) => {
      const answers = [response(LONG), response(whole, headersOf("gzip"))];
      const seen: string[] = [];
      for (const bytes of answers) seen.push(await call(answer(bytes.subarray(0, -20), "how=end")));
      return seen;
    },
    expected: () => [
      Array(2).fill(
        "NetworkError: Cannot read the body of REQUEST: connection lost before its end",
      ),
    ],
  },
];
