/** Bodies that are encoded, and those that only say so. */

import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { Buffer } from "node:buffer";
import { answer, chunked, response, type Row } from "./kit.ts";

const TEXT = JSON.stringify({ text: "x".repeat(300), list: [1, 2, 3] });
/** Too large to be given in one go. */
const LONG = Array.from({ length: 20_000 }, (_, index) => index).join();

type Bytes = Uint8Array;

function coded(name: string, coding: string, body: Bytes | string, better?: Row["better"]): Row {
  const headers = `content-type: application/json\r\ncontent-encoding: ${coding}\r\n`;
  return {
    name,
    async run(kit) {
      const whole = await kit.request(answer(response(body, headers)));
      const stream = await kit.stream(answer(chunked([body], headers)));
      return { ...whole, stream };
    },
    ...better && { better },
  };
}

function broken(name: string, coding: string, body: Bytes | string, better?: Row["better"]): Row {
  const headers = `content-encoding: ${coding}\r\n`;
  return {
    name,
    run: (kit) => kit.request(answer(response(body, headers))),
    ...better && { better },
  };
}

/** What fetch leaves to the client, whose DecompressionStream has its own words for the cause. */
function told(name: string, coding: string, body: Bytes, better?: Row["better"]): Row {
  return {
    name,
    async run(kit) {
      const error = await kit.request(answer(response(body, `content-encoding: ${coding}\r\n`)))
        .catch((error: unknown) => error as Error & { code?: string });
      return [error.constructor.name, error.code, error.message];
    },
    ...better && { better },
  };
}

function changed(bytes: Bytes, index: number): Bytes {
  const copy = new Uint8Array(bytes);
  const at = index < 0 ? copy.length + index : index;
  copy[at] = (copy[at] ?? 0) ^ 0x55;
  return copy;
}

const CANNOT = 'Cannot decode the body of "GET SERVER"';
const CUT = "fetch takes what is cut for whole";
const gzip = gzipSync(TEXT);
/** `TEXT`, by a Node that has it; Node 20 has not. */
const zstd = Buffer.from("KLUv/WBGABUBANh7InRleHQiOiJ4IiwibGlzdCI6WzEsMiwzXX0BACgqQAI=", "base64");

function cut(name: string, coding: string, body: Bytes | string): Row {
  return broken(name, coding, body, {
    why: CUT,
    outcome: {
      class: "DecodeError",
      code: "AX_DECODE",
      message: `${CANNOT}: not valid ${coding}`,
    },
  });
}

/** Rows about content codings. */
export const codingRows: readonly Row[] = [
  coded("gzip", "gzip", gzip),
  coded("x-gzip", "x-gzip", gzip),
  coded("GZIP", "GZIP", gzip),
  coded("deflate", "deflate", deflateSync(TEXT)),
  coded("raw deflate", "deflate", deflateRawSync(TEXT)),
  coded("br", "br", brotliCompressSync(TEXT)),
  coded("zstd", "zstd", zstd, {
    nodes: [22],
    why: "its fetch leaves zstd as it is, and there is no DecompressionStream for it",
    outcome: { status: 200, length: TEXT.length },
  }),
  coded("long gzip", "gzip", gzipSync(LONG)),
  coded("long br", "br", brotliCompressSync(LONG)),
  coded("gzip, br", "gzip, br", brotliCompressSync(gzip)),
  coded("three layers", "gzip, deflate, gzip", gzipSync(deflateSync(gzip))),
  coded("identity, gzip", "identity, gzip", gzip),
  coded("gzip and an empty token", "gzip,", gzip),
  coded("a token that is no coding", "utf-8", TEXT),
  coded("none", "none", TEXT),
  coded("two members of gzip", "gzip", Buffer.concat([gzip, gzipSync("more")])),
  coded("gzip and zeros after it", "gzip", Buffer.concat([gzip, new Uint8Array(20)])),
  coded("gzip of nothing", "gzip", gzipSync("")),
  coded("nothing, called gzip", "gzip", ""),
  coded("nothing, called br", "br", ""),
  coded("nothing, called zstd", "zstd", "", {
    nodes: [24, 26],
    why: "its fetch tries to decode it",
    outcome: { status: 200, length: 0 },
  }),
  coded("plain, called zstd", "zstd", TEXT, {
    nodes: [24, 26],
    why: "its fetch tries to decode it",
    outcome: { status: 200, length: TEXT.length },
  }),
  broken("plain, called gzip", "gzip", TEXT),
  broken("plain, called deflate", "deflate", TEXT),
  broken("plain, called br", "br", TEXT),
  broken("gzip with a wrong checksum", "gzip", changed(gzip, -5)),
  broken("deflate with a wrong checksum", "deflate", changed(deflateSync(TEXT), -1)),
  broken("damaged gzip", "gzip", changed(gzip, 20)),
  broken("damaged br", "br", changed(brotliCompressSync(LONG), 20)),
  broken("damaged gzip within br", "gzip, br", brotliCompressSync(changed(gzip, 20))),
  told("damaged gzip beside identity", "identity, gzip", changed(gzip, 20)),
  told("damaged zstd", "zstd", changed(zstd, 10), {
    nodes: [22],
    why: "its fetch leaves zstd as it is",
    outcome: ["DecodeError", "AX_DECODE", `${CANNOT}: not valid zstd`],
  }),
  broken("compress", "compress", "x"),
  broken("a dictionary", "dcb", "x"),
  cut("one byte, called gzip", "gzip", "x"),
  cut("gzip without its trailer", "gzip", gzip.subarray(0, -8)),
  cut("gzip without a part of its trailer", "gzip", gzip.subarray(0, -1)),
  cut("half of gzip", "gzip", gzipSync(LONG).subarray(0, 10_000)),
  cut("half of br", "br", brotliCompressSync(LONG).subarray(0, 1_000)),
  cut("half of deflate", "deflate", deflateSync(LONG).subarray(0, 10_000)),
  {
    name: "gzip whose connection is cut",
    run: (kit) => {
      const whole = response(gzipSync(LONG), "content-encoding: gzip\r\n");
      return kit.request(answer(whole.subarray(0, 10_000), "how=end"));
    },
  },
  {
    name: "gzip until the end",
    run: (kit) => {
      const head = Buffer.from("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n");
      return kit.request(answer(Buffer.concat([head, gzip]), "how=end"));
    },
  },
  {
    name: "plain until the end, called gzip",
    run: (kit) =>
      kit.request(answer("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\nplain", "how=end"), {
        timeout: 1_000,
      }),
  },
  {
    name: "plain in pieces until the end, called gzip",
    run: (kit) => {
      const head = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n";
      return kit.request(answer([head, "plain", "text"], "how=end"), { timeout: 1_000 });
    },
  },
  {
    name: "gzip in pieces",
    run: (kit) => {
      const whole = response(gzipSync(LONG), "content-encoding: gzip\r\n");
      return kit.stream(answer([whole.subarray(0, 200), whole.subarray(200)]));
    },
  },
  {
    name: "gzip of a refused status",
    run: (kit) => kit.request(answer(response("plain", "content-encoding: gzip\r\n", "500 Bad"))),
  },
  {
    name: "gzip in a part",
    run: (kit) =>
      kit.request(answer(response(gzip, "content-encoding: gzip\r\n", "206 Partial Content"))),
  },
  {
    name: "the start of gzip in a part",
    run: (kit) =>
      kit.request(answer(response(
        gzipSync(LONG).subarray(0, 10_000),
        "content-encoding: gzip\r\n",
        "206 Partial Content",
      ))),
  },
  ...["", "how=reset"].map((query): Row => ({
    name: `six codings${query && " and a reset"}`,
    log: "heads",
    run: (kit) => {
      const headers = "content-encoding: gzip, gzip, gzip, gzip, gzip, gzip\r\n";
      return kit.request(answer(response("x".repeat(60_000), headers), query));
    },
    better: {
      why: "its fetch may end the process",
      fatal: true,
      outcome: {
        class: "DecodeError",
        message: `${CANNOT}: it has 6 content codings, at most 5 are undone`,
      },
    },
  })),
  ...[1, 2, 3].map((layers): Row => ({
    name: `64 MiB of zeros in ${layers} layers`,
    run: (kit) => kit.request(`/zeros?mib=64&layers=${layers}`, { maxResponseSize: 1_000_000 }),
  })),
  {
    name: "a stream of zeros that is too large",
    async run(kit) {
      const path = "/zeros?mib=64&layers=1";
      const { error, length } = await kit.stream(path, { maxResponseSize: 1_000_000 });
      return { error, much: Number(length) > 1_000_000 };
    },
  },
];
