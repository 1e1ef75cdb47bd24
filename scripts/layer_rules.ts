/**
 * The rules `check_layers.ts` enforces, as tables. They go by folder, so that a new file needs no
 * change here; only the files directly in `src/` are named.
 *
 * @module
 */

/** A group of files and what they may import. */
export interface Layer {
  /** Name used in other layers' lists. */
  name: string;
  /** Path prefixes; the first layer with a match owns the file. */
  files: readonly string[];
  /** Layers it may import. */
  imports: readonly string[];
  /** Layers it may also import with `import type`: contracts, erased before anything runs. */
  types?: readonly string[];
}

const BELOW_STAGES = ["flow", "call", "http", "token", "errors"] as const;

/** Dependency direction, from the top down. */
export const LAYERS: readonly Layer[] = [
  {
    name: "entry",
    files: ["mod.ts"],
    imports: ["client", "face", "order", "stages", ...BELOW_STAGES],
    types: ["contract", "runtime"],
  },
  {
    // Alone in wiring transport, drivers and clock.
    name: "client",
    files: ["src/client.ts", "src/client/"],
    imports: [
      ...["face", "client", "order", "stages", "driver", ...BELOW_STAGES],
      ...["contract", "transport", "worker", "runtime"],
    ],
  },
  {
    name: "face",
    files: ["src/plugin.ts", "src/sdk.ts"],
    imports: ["face", "client", "order", "stages", ...BELOW_STAGES],
    types: ["contract"],
  },
  {
    // What is used by stages and user functions alike, but is no stage.
    name: "call",
    files: ["src/user_function.ts", "src/realm.ts", "src/twin.ts", "src/portable.ts"],
    imports: BELOW_STAGES,
    types: ["stages", "contract", "runtime"],
  },
  { name: "token", files: ["src/cancel_token.ts"], imports: ["errors", "runtime"] },
  {
    // An error carries a response: its type alone.
    name: "errors",
    files: ["src/errors.ts", "src/mask.ts"],
    imports: ["errors"],
    types: ["http"],
  },
  {
    // It does no I/O itself: of what it drives it knows the types.
    name: "driver",
    files: ["src/flow/drive_"],
    imports: ["flow", "driver", "call", "token", "errors"],
    types: ["http", "contract", "runtime"],
  },
  { name: "flow", files: ["src/flow/"], imports: BELOW_STAGES, types: ["contract", "runtime"] },
  {
    name: "stages",
    files: ["src/stages/"],
    imports: ["stages", ...BELOW_STAGES],
    types: ["contract", "runtime"],
  },
  { name: "http", files: ["src/http/"], imports: ["http", "errors"], types: ["contract"] },
  {
    name: "contract",
    files: ["src/transport/transport.ts"],
    imports: ["http", "token", "errors"],
  },
  {
    // It enters twins in the realm-wide table of user functions.
    name: "user worker",
    files: ["src/transport/worker/user_worker"],
    imports: [
      ...["user worker", "worker", "transport", "contract", "call", "http", "token", "errors"],
      "runtime",
    ],
  },
  {
    // No flow and no stage: the I/O thread carries single attempts, as the async transport does.
    name: "worker",
    files: ["src/transport/worker/"],
    imports: [
      "worker",
      "user worker",
      "transport",
      "contract",
      "http",
      "token",
      "errors",
      "runtime",
    ],
  },
  {
    name: "transport",
    files: ["src/transport/"],
    imports: ["transport", "worker", "contract", "http", "token", "errors", "runtime"],
  },
  { name: "runtime", files: ["src/runtime/"], imports: ["runtime"] },
  // Both see what a user's own plugin or test would see.
  { name: "plugins", files: ["src/plugins/"], imports: ["plugins", "entry"] },
  { name: "testing", files: ["src/testing/"], imports: ["testing", "entry"] },
  {
    // pipeline, options, interceptors, and the default for a new file directly in src/.
    name: "order",
    files: ["src/"],
    imports: ["order", "stages", ...BELOW_STAGES],
    types: ["client", "face", "contract", "runtime"],
  },
];

/**
 * Folders whose files do not import each other: a file there may only use a *pure* neighbour, one
 * that does not import `makes` itself. The folder's `mod.ts` lists them all.
 */
export const APART: readonly { folder: string; makes: readonly string[] }[] = [
  { folder: "src/stages/", makes: ["flow"] },
  { folder: "src/plugins/", makes: ["entry"] },
];

/** Where a package from a registry may be imported. Entry `.` has no dependencies. */
export const EXTERNAL: readonly { files: string; prefix: string }[] = [
  { files: "src/plugins/", prefix: "npm:" },
];

/** Code that may not appear; comments, strings and regular expressions do not count. */
export interface Ban {
  /** What is banned, as shown in the message. */
  name: string;
  /** What it looks like. */
  pattern: RegExp;
  /** Prefixes of the paths it is banned in. */
  files: readonly string[];
  /** Prefixes of the paths where it is allowed all the same. */
  except?: readonly string[];
  /** What to do instead. */
  instead: string;
}

const FLOWS = ["src/stages/", "src/plugins/", "src/flow/"] as const;
const STORES = "src/plugins/stores/";
const AWAITING = [STORES, "src/flow/drive_async.ts"] as const;
const TIME = "yield* an operation: time, chance and I/O are answered by the driver";
const COLOUR = "write a flow: it runs in both styles";

/** A word that is not a member, a key or a longer name's part. */
function word(text: string): RegExp {
  return new RegExp(`(?<![.\\w$#])${text}(?![\\w$])(?!\\s*[:?,;)}\\]=])`, "g");
}

/** The bans. */
export const BANS: readonly Ban[] = [
  { name: "async", pattern: word("async"), files: FLOWS, except: AWAITING, instead: COLOUR },
  { name: "await", pattern: word("await"), files: FLOWS, except: AWAITING, instead: COLOUR },
  {
    // The type names Promise<T> and PromiseLike<T> are needed in signatures.
    name: "Promise",
    pattern: /\bnew\s+Promise\b|\bPromise\s*\./g,
    files: FLOWS,
    except: AWAITING,
    instead: COLOUR,
  },
  {
    name: "a timer",
    pattern: /\b(setTimeout|setInterval|setImmediate|queueMicrotask)\b/g,
    files: FLOWS,
    except: [STORES],
    instead: TIME,
  },
  {
    name: "the clock",
    pattern: /\b(Date|performance)\.now\b|\bnew\s+Date\s*\(\s*\)/g,
    files: FLOWS,
    except: [STORES],
    instead: TIME,
  },
  {
    name: "Math.random",
    pattern: /\bMath\.random\b/g,
    files: FLOWS,
    except: [STORES],
    instead: TIME,
  },
  { name: "Atomics", pattern: /\bAtomics\b/g, files: FLOWS, except: [STORES], instead: TIME },
  {
    name: "fetch",
    pattern: /(?<![.\w$#])fetch\s*\(|\bglobalThis\.fetch\b/g,
    files: FLOWS,
    except: [STORES],
    instead: TIME,
  },
  {
    // Folders that cannot import flow/ hold no flows: a generator there is an iterator of items.
    name: "a bare yield",
    pattern: /(?<![.\w$#])yield(?![\w$])(?!\s*\*)(?!\s*[:?=])/g,
    files: ["src/"],
    except: [
      "src/flow/flow.ts",
      "src/http/",
      "src/transport/",
      "src/runtime/",
      "src/testing/",
      "src/client/custom_",
      STORES,
    ],
    instead: "use yield* on a typed operation",
  },
  {
    name: "import.meta",
    pattern: /\bimport\.meta\b/g,
    files: ["src/", "mod.ts"],
    instead: "take what it tells as an option: the npm copy and data: URLs have none",
  },
];

/** Words that say nothing about what a file holds. */
export const BANNED_NAMES: RegExp = /(^|[_/])(utils?|helpers?|common|misc|managers?)(?=[_./]|$)/;

/** Lines from which a file is looked at again, and from which it must be split. */
export const FILE_LINES: { warn: number; fail: number } = { warn: 250, fail: 400 };

/** Generated files have the size they have. */
export const GENERATED: RegExp = /_source\.ts$/;
