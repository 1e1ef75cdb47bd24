/** Answers with unusual content codings, and what becomes of them; for every runtime. */

import { gzipSync } from "node:zlib";

/** What becomes of a body: its text, or the code of the error. */
export type Decoded = string;

/** One answer. */
export interface DecodingRow {
  readonly name: string;
  /** The answer's bytes, head included. */
  readonly answer: Uint8Array;
  readonly expected: Decoded;
  /** Where a runtime's own decoder comes to something else. */
  readonly elsewhere?: Readonly<Record<string, Decoded>>;
}

const TEXT = "hello hello hello hello";
const encoder = new TextEncoder();
const plain = encoder.encode(TEXT);
const gzip = new Uint8Array(gzipSync(plain));

function changed(bytes: Uint8Array, fromEnd: number): Uint8Array {
  return bytes.map((byte, index) => index === bytes.length - fromEnd ? byte ^ 0xff : byte);
}

function join(...parts: (string | Uint8Array)[]): Uint8Array {
  const bytes = parts.map((part) => typeof part === "string" ? encoder.encode(part) : part);
  return Uint8Array.from(bytes.flatMap((part) => [...part]));
}

/** A body in one chunk, or none. */
function answer(headers: string, body: Uint8Array): Uint8Array {
  const chunk = body.length === 0 ? "" : join(`${body.length.toString(16)}\r\n`, body, "\r\n");
  const head = `HTTP/1.1 200 OK\r\n${headers}\r\ntransfer-encoding: chunked\r\n\r\n`;
  return join(head, chunk, "0\r\n\r\n");
}

function coded(
  coding: string,
  what: string,
  body: Uint8Array,
  expected: Decoded,
  elsewhere: DecodingRow["elsewhere"] = {},
): DecodingRow {
  const name = `${what} labelled "${coding}"`;
  const headers = `content-type: text/plain\r\ncontent-encoding: ${coding}`;
  return { name, answer: answer(headers, body), expected, elsewhere };
}

/** These decode it, and what they could not decode is lost then. */
const DECODES_ZSTD = { "Node 24 by fetch": "AX_DECODE", "Bun": "AX_DECODE" };

/** Where a runtime's decoder cannot tell that a body is empty from that it was cut. */
const EMPTY: Readonly<Record<string, DecodingRow["elsewhere"]>> = {
  br: { Deno: "AX_DECODE" },
  zstd: { "Node 24 by fetch": "AX_DECODE" },
};

/** Deno's fetch ends with the first member, and nothing tells that there is another. */
const FIRST_MEMBER = { Deno: TEXT };

/** The answers. */
export const DECODING_ROWS: readonly DecodingRow[] = [
  ...["gzip", "br", "deflate", "zstd", "identity, gzip"].map((coding) =>
    coded(coding, "an empty body", new Uint8Array(0), "", EMPTY[coding])
  ),
  ...[
    ...["gzip", "GZIP", "x-gzip", "identity, gzip", "gzip, identity", "gzip,", ", gzip"],
    ...["aws-chunked, gzip", "utf-8, gzip"],
  ].map((coding) => coded(coding, "a gzip body", gzip, TEXT)),
  coded("gzip, gzip", "a body in two layers", new Uint8Array(gzipSync(gzip)), TEXT),
  ...["utf-8", "none", "identity", "binary, utf-8"].map((coding) =>
    coded(coding, "a plain body", plain, TEXT)
  ),
  coded("zstd", "a plain body", plain, TEXT, DECODES_ZSTD),
  coded("gzip", "a plain body", plain, "AX_DECODE"),
  ...["gzip", "identity, gzip"].flatMap((coding) => [
    coded(coding, "a body with a wrong checksum", changed(gzip, 8), "AX_DECODE"),
    coded(coding, "a body with a wrong length", changed(gzip, 1), "AX_DECODE"),
  ]),
  coded("gzip", "a body of two members", join(gzip, gzip), TEXT + TEXT, FIRST_MEMBER),
  {
    name: "two content types: the last one that is a type counts",
    answer: answer(
      "content-type: application/json\r\ncontent-type: nothing\r\ncontent-type: text/plain",
      encoder.encode('"a"'),
    ),
    expected: '"a"',
  },
  {
    name: "two content types: JSON after HTML is JSON",
    answer: answer(
      "content-type: text/html\r\ncontent-type: application/json; charset=utf-8",
      encoder.encode('"a"'),
    ),
    expected: "a",
  },
];

/** The URL of a row at a fault server. */
export function rowUrl(server: { readonly url: string }, { answer }: DecodingRow): string {
  const bytes = btoa(String.fromCharCode(...answer));
  return `${server.url}/bytes?bytes=${encodeURIComponent(bytes)}`;
}
