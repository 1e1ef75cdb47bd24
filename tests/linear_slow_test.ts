/// <reference lib="deno.unstable" />
/**
 * What others send costs no more than its length. Nothing is timed: work that grew with the square
 * of their length would not end.
 */

import { assert, assertEquals } from "@std/assert";
import { createRequire } from "node:module";
import { sourceFiles } from "../scripts/source_files.ts";
import { provide } from "../scripts/tools.ts";
import { checkOptions } from "../src/config/check.ts";
import { createByteDecoder } from "../src/http/chunks.ts";
import { decodeText, parseContentType } from "../src/http/decode.ts";
import {
  createEventDecoder,
  createJSONLinesDecoder,
  createLineDecoder,
  createTextStep,
} from "../src/http/lines.ts";
import { headerParams, isToken, mergeHeaders, parseLinks, targetOf } from "../src/http/headers.ts";
import { applyParams, applyQuery } from "../src/http/params.ts";
import { fillPath, resolveUrl } from "../src/http/url.ts";
import { parseHttpDate, parseRetryAfter } from "../src/http/answer.ts";
import { describe, maskText, maskUrl } from "../src/mask.ts";
import { maskBody } from "../src/plugins/body_text.ts";
import { requestedRange } from "../src/plugins/byte_range.ts";
import { parseDirectives, varyNames } from "../src/plugins/cache_headers.ts";
import { keyInCase } from "../src/plugins/case_words.ts";
import { readChallenges } from "../src/plugins/challenges.ts";
import { cookieField, withExpiry } from "../src/plugins/cookie_rules.ts";
import { chooseDigest } from "../src/plugins/digest_answer.ts";
import { readRateLimit } from "../src/plugins/rate_limit_headers.ts";
import { quoteBytes } from "../src/plugins/shell.ts";
import { templateOf } from "../src/plugins/tracing_attributes.ts";
import { codingsOf } from "../src/transport/decoding.ts";
import { native } from "../src/transport/native.ts";
import { skipped } from "./support/skipped.ts";
import { wire } from "./transport/wire.ts";

interface Expression {
  readonly path: string;
  readonly source: string;
  readonly flags: string;
}

/** The regular expressions in the sources. */
async function expressions(): Promise<Expression[]> {
  const found: Expression[] = [];
  for (const path of await sourceFiles("src")) {
    if (path.endsWith("worker_source.ts")) continue;
    const visitor = (): Deno.lint.LintVisitor => ({
      Literal(node): void {
        const { regex } = node as { regex?: { pattern: string; flags: string } | null };
        if (regex) found.push({ path, source: regex.pattern, flags: regex.flags });
      },
    });
    const plugin = { name: "expressions", rules: { all: { create: visitor } } };
    Deno.lint.runPlugin(plugin, path, await Deno.readTextFile(path));
  }
  return found;
}

interface Recheck {
  checkSync(
    source: string,
    flags: string,
    options: { readonly timeout: number },
  ): { readonly status: "safe" | "vulnerable" | "unknown"; readonly complexity?: unknown };
}

Deno.test("no regular expression takes more than linear time", async (t) => {
  const tool = await provide("recheck");
  if ("missing" in tool) return await skipped(t, tool.missing);
  const found = await expressions();
  assert(found.length > 100, `${found.length} expressions`);
  const load = createRequire(`${tool.folder}/package.json`);
  // What it runs without programs of its own.
  const { checkSync } = load("recheck/lib/browser.js") as Recheck;
  const slow = found.map(({ path, source, flags }) => {
    const { status } = checkSync(source, flags, { timeout: 60_000 });
    return status === "safe" ? "" : `${path}: /${source}/${flags} is ${status}`;
  });
  assertEquals(slow.filter(Boolean), []);
});

const LENGTH = 1 << 19;

/** What hostile texts are made of. */
const PIECES = [
  ...[
    " ",
    "\t",
    "\n",
    "\r",
    "\r\n",
    "?",
    "&",
    "#",
    "@",
    "/",
    "\\",
    ":",
    ";",
    ",",
    '"',
    "'",
    "<",
    ">",
  ],
  ...["=", "%", "%2e", "%ff", "a", "A", "1", ".", "../", "..\\", "-", "_", "+", "[", "]", "{", "}"],
  ...[
    'a="',
    '\\"',
    "a=",
    "a;",
    "<a>;",
    '<a>;a="',
    "a b",
    "://",
    "a://@",
    "{a}",
    "aB",
    "ä",
    "\ud800",
  ],
  ...["data:", "data:a\n", "id:1\n", "[]\n", "\0", "Basic ", "a a=b,"],
];

const RULES = { protocols: ["http:", "https:"], redact: ["key"] };
const REQUEST = wire("http://example.com/?key=1", { redact: ["key"] });
const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
/** Headers, of what of a value gets so far. */
const headersOf = (name: string, value: string): Headers =>
  new Headers([[name, value.replaceAll(/[^\t\x20-\xff]/g, "")]]);

/** Everything that reads a text of somebody else's. */
const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  maskUrl: (text) => maskUrl(text, ["key"]),
  maskText: (text) => maskText(text, ["key"]),
  describe: (text) => describe({ method: "GET", url: text, redact: ["key"] }),
  resolveUrl: (text) => resolveUrl(text, RULES),
  "resolveUrl with a base": (text) =>
    resolveUrl(text, { ...RULES, baseURL: "http://example.com/a/" }),
  "resolveUrl as base": (text) => resolveUrl("/", { ...RULES, baseURL: text }),
  fillPath: (text) => fillPath(text, {}),
  applyParams: (text) => applyParams(`http://example.com/?${text}`, { a: [1], b: 2 }),
  applyQuery: (text) => applyQuery("http://example.com/?a", text),
  checkOptions: (text) => checkOptions({ [text]: 1 }, "call"),
  isToken,
  "header values": (text) => mergeHeaders([], [["x-a", text]]),
  "header names": (text) => mergeHeaders([], [[text, "a"]]),
  headerParams,
  parseLinks,
  targetOf: (text) => targetOf("next", text),
  parseContentType,
  parseHttpDate: (text) => parseHttpDate(text, 0),
  parseRetryAfter: (text) => parseRetryAfter(headersOf("retry-after", text), 0),
  codingsOf,
  decodeText: (text) => decodeText(bytesOf(text), `text/plain; charset=${text}`),
  lines: (text) => createLineDecoder()(bytesOf(text)),
  events: (text) => createEventDecoder()(bytesOf(text)),
  "JSON lines": (text) => [...createJSONLinesDecoder()(bytesOf(text))],
  "errors of a runtime": (text) =>
    native.explain(REQUEST, {
      why: "thrown",
      thrown: new TypeError("fetch failed", { cause: new Error(text) }),
    }),
  "bodies in logs": (text) => maskBody(text, "application/x-www-form-urlencoded", ["key"]),
  range: (text) => requestedRange(headersOf("range", text), [], 10),
  parseDirectives,
  varyNames,
  keyInCase: (text) => keyInCase(text, "snake"),
  readChallenges,
  chooseDigest,
  withExpiry: (text) => withExpiry(text, 0),
  cookieField: (text) => cookieField([{ name: "a", text: "a=b" }], text),
  readRateLimit: (text) => readRateLimit(429, headersOf("ratelimit", text), 0, 1),
  quoteBytes: (text) => quoteBytes(bytesOf(text)),
  templateOf: (text) => templateOf(text, true),
};

for (const [name, read] of Object.entries(READERS)) {
  Deno.test(`${name} takes a hostile text of 512 kB, and quotes little of it`, () => {
    for (const piece of PIECES) {
      const text = piece.repeat(LENGTH / piece.length);
      for (const whole of [text, `a${text}`, `http://a/${text}\0`, `a; a="${text}`, `${text}=x`]) {
        let told = "";
        try {
          const value = read(whole);
          if (value instanceof Error) told = value.message;
        } catch (error) {
          assert(error instanceof Error);
          // A mistake in the reader itself: too deep, or too much for a call.
          assert(!/call stack|Invalid array length/.test(error.message), error.message);
          told = error.message;
        }
        assert(told.length < 15_000, `${JSON.stringify(piece)}: ${told.slice(0, 200)}`);
      }
    }
  });
}

/** Everything that reads a body piece by piece. */
const STREAMED: Readonly<Record<string, () => (chunk?: Uint8Array) => unknown>> = {
  "bytes in pieces": () => {
    const decode = createByteDecoder(LENGTH);
    return (chunk) => [...decode(chunk)];
  },
  text: () => createTextStep(),
  lines: () => createLineDecoder(),
  events: () => createEventDecoder(),
  "JSON lines": () => {
    const decode = createJSONLinesDecoder();
    return (chunk) => [...decode(chunk)];
  },
};

for (const [name, make] of Object.entries(STREAMED)) {
  Deno.test(`${name} take 512 kB that comes byte by byte`, () => {
    for (const piece of ["a", "\n", "data:", "1", "\ufeff"]) {
      const read = make();
      const bytes = bytesOf(piece);
      for (let at = 0; at < LENGTH; at++) {
        read(bytes.subarray(at % bytes.length, at % bytes.length + 1));
      }
    }
  });
}
