/**
 * The rules that `check_layers.ts` enforces, as tables. They go by folder, so that a new file needs
 * no change here; only the files directly in `src/` are named.
 *
 * @module
 */

/** A room: a group of files, and what they may import besides each other, types included. */
export interface Layer {
  /** Name used in other layers' lists. */
  readonly name: string;
  /** Path prefixes; the first layer with a match owns the file. */
  readonly files: readonly string[];
  /** Layers it may import. */
  readonly imports: readonly string[];
}

/** What a message and its failures are made of. */
const MESSAGES = ["http", "errors", "message", "mask"] as const;
/** What flows are made of. */
const FLOWS = ["flow", "token", ...MESSAGES, "runtime"] as const;
/** What carries a message. */
const CARRIERS = ["transport", "port", "token", ...MESSAGES, "runtime"] as const;
/** What a client wires together. */
const WIRED = [
  ...["call", "backoff", "stream", "stream types", "config", "sync", "transport", "port"],
  ...FLOWS,
] as const;
const CLIENT = ["client", ...WIRED] as const;

/** Dependency direction, from the top down. */
export const LAYERS: readonly Layer[] = [
  {
    name: "entry",
    files: ["mod.ts", "src/full.ts"],
    imports: ["public", "async_functions", ...CLIENT],
  },
  // No browser can run async user functions for a sync call.
  {
    name: "web",
    files: ["web.ts", "src/web.ts", "src/edge.ts"],
    imports: ["apart", "public", ...CLIENT],
  },
  // What both entries name, whatever carries the calls.
  { name: "public", files: ["src/public.ts"], imports: CLIENT },
  // Neither entry: what a plugin builds its own clients from.
  { name: "apart", files: ["src/apart.ts"], imports: CLIENT },
  {
    // Alone, with the entries, in wiring ports, scheduler and clock.
    name: "client",
    files: [
      ...["src/client.ts", "src/engine.ts"],
      ...["src/surface.ts", "src/verbs.ts"],
    ],
    imports: WIRED,
  },
  // Plugins and test tools see what a user's own would see.
  { name: "plugins", files: ["src/plugins/"], imports: ["public", "apart"] },
  { name: "openapi", files: ["src/openapi/"], imports: ["public"] },
  {
    name: "testing",
    files: ["src/testing/"],
    // The streams, which a page loads later: a test has them at once.
    imports: ["entry", "public", "stream"],
  },
  {
    name: "config",
    files: ["src/config/"],
    imports: ["port", "stream types", "backoff", ...FLOWS],
  },
  // What handlers may answer with; types alone.
  { name: "stream types", files: ["src/stream/members.ts"], imports: ["stream", ...FLOWS] },
  // Pure arithmetic.
  { name: "backoff", files: ["src/call/backoff.ts"], imports: [] },
  {
    name: "call",
    files: ["src/call/"],
    imports: ["stream", "stream types", "config", "backoff", "port", ...FLOWS],
  },
  {
    name: "stream",
    files: ["src/stream/"],
    imports: ["stream types", "config", "backoff", "port", ...FLOWS],
  },
  {
    name: "async_functions",
    files: ["src/async_functions/"],
    imports: ["flow", "sync", ...CARRIERS],
  },
  { name: "flow", files: ["src/flow/"], imports: ["port", "token", ...MESSAGES, "runtime"] },
  // No flow and no stage: the I/O thread carries single attempts, as the async transport does.
  { name: "sync", files: ["src/sync/"], imports: CARRIERS },
  // The contract of what carries a message; a type alone.
  {
    name: "port",
    files: ["src/transport/port.ts"],
    imports: ["token", ...MESSAGES, "runtime"],
  },
  {
    name: "transport",
    files: ["src/transport/"],
    imports: ["port", "token", ...MESSAGES, "runtime"],
  },
  { name: "token", files: ["src/cancel_token.ts"], imports: ["errors", "mask", "runtime"] },
  {
    // What a message is, and the response that an error carries: below the errors.
    name: "message",
    files: [
      ...["src/http/message.ts", "src/http/transport.ts", "src/http/response.ts"],
      ...["src/http/decode.ts", "src/http/headers.ts"],
    ],
    imports: ["mask"],
  },
  { name: "errors", files: ["src/ax_error.ts", "src/errors.ts"], imports: ["message", "mask"] },
  // What values are, and what of them may be shown.
  { name: "mask", files: ["src/mask.ts", "src/http/pairs.ts"], imports: [] },
  { name: "http", files: ["src/http/"], imports: ["errors", "message", "mask"] },
  { name: "runtime", files: ["src/runtime/"], imports: [] },
];

/** Files that make flows, and so do not import each other. */
export interface Apart {
  readonly folder: string;
  /** What a file imports that makes flows; one that does not is pure, and may be shared. */
  readonly makes: string;
  /** The file that lists them all. */
  readonly list: string;
  /** What several of them stand on. */
  readonly shared?: readonly string[];
}

/** A stage does not know another stage, nor a plugin another plugin. */
export const APART: readonly Apart[] = [
  {
    folder: "src/call/",
    makes: "flow",
    list: "src/call/pipeline.ts",
    shared: ["src/call/middleware.ts"],
  },
  { folder: "src/plugins/", makes: "public", list: "src/plugins/mod.ts" },
];

/** Where packages from a registry may be imported, and the entries that may lead there. */
export const EXTERNAL: {
  readonly files: string;
  readonly prefix: string;
  readonly entries: RegExp;
} = { files: "src/plugins/", prefix: "npm:", entries: /^\.\/plugins\/./ };

/** Lines from which a file is looked at again, and from which it must be split. */
export const FILE_LINES: { readonly warn: number; readonly fail: number } = {
  warn: 250,
  fail: 350,
};

/**
 * What the core may come to: written by hand, without what is apart from it. It is what was reached;
 * the aim of 95 files is met, that of 11,500 lines is not. Lower it with each file less.
 */
export const CORE: {
  readonly files: number;
  readonly lines: number;
  readonly without: readonly string[];
} = {
  files: 95,
  lines: 19_550,
  without: ["src/plugins/", "src/openapi/", "src/testing/"],
};

/** Generated files have the size they have. */
export const GENERATED: RegExp = /_source\.ts$/;
