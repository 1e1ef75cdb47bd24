import { assertEquals } from "@std/assert";
import * as main from "../mod.ts";
import * as plugins from "../src/plugins/mod.ts";
import * as edge from "../src/edge.ts";
import * as web from "../web.ts";
import * as testing from "../src/testing/mod.ts";
import { create } from "../mod.ts";

const VERBS = ["delete", "get", "head", "options", "patch", "post", "put", "request", "stream"];

Deno.test("mod.ts exports exactly these names at run time", () => {
  assertEquals(Object.keys(main).toSorted(), [
    "AxError",
    "BodySizeError",
    "CancelError",
    "CancelToken",
    "DecodeError",
    "ExponentialBackoff",
    "FixedDelay",
    "HTTPStatusError",
    "InterceptorError",
    "LinearBackoff",
    "NetworkError",
    "RedirectError",
    "RetryError",
    "RetryableError",
    "SchemaError",
    "SyncBridgeError",
    "SyncUnavailableError",
    "TimeoutError",
    "all",
    "allSync",
    "call",
    "concurrent",
    "create",
    "createResponse",
    "delete",
    "deleteSync",
    "dual",
    "get",
    "getSync",
    "head",
    "headSync",
    "isAxError",
    "mask",
    "now",
    "options",
    "optionsSync",
    "patch",
    "patchSync",
    "portable",
    "post",
    "postSync",
    "put",
    "putSync",
    "random",
    "request",
    "requestSync",
    "run",
    "runSync",
    "sdk",
    "share",
    "sleep",
    "spread",
    "stream",
    "streamSync",
    "syncSupport",
    "warmSync",
  ]);
});

Deno.test("src/plugins/mod.ts exports exactly these names at run time", () => {
  assertEquals(Object.keys(plugins).toSorted(), [
    "CircuitOpenError",
    "OAuth2Error",
    "auth",
    "awsSigV4",
    "basicAuth",
    "caseConverter",
    "circuitBreaker",
    "dedupe",
    "digestAuth",
    "har",
    "hash",
    "hmac",
    "logger",
    "oauth2",
    "rateLimit",
    "sign",
    "toCurl",
  ]);
});

Deno.test("web.ts and edge.ts export the names of mod.ts, and those that carry no calls are the same", () => {
  assertEquals(Object.keys(web).toSorted(), Object.keys(main).toSorted());
  assertEquals(Object.keys(edge).toSorted(), Object.keys(main).toSorted());
  const own = ["allSync", "create", "dual", "run", "runSync", "sdk", "syncSupport", "warmSync"];
  const differs = Object.entries(web).filter(([name, value]) => Reflect.get(main, name) !== value);
  const verbs = [...VERBS, ...VERBS.map((verb) => `${verb}Sync`)];
  assertEquals(differs.map(([name]) => name).toSorted(), [...own, ...verbs].toSorted());
});

/** Each way round, so that neither has a type of its own. */
const SAME: [typeof main, typeof web, typeof edge, typeof web] = [web, main, web, edge];

Deno.test("web.ts and edge.ts make clients of the same types as mod.ts", () => {
  const classes = new Set(SAME.map(({ create }) => create().constructor));
  assertEquals(classes.size, 1);
});

Deno.test("src/testing/mod.ts exports exactly these names at run time", () => {
  assertEquals(Object.keys(testing).toSorted(), [
    "MockTransport",
    "RecordingTransport",
    "VirtualClock",
    "refuseNetwork",
  ]);
});

Deno.test("each verb has its Sync twin and its flow, on a client and at module level", () => {
  using api = create();
  const names = Object.keys(api);
  assertEquals(names.filter((name) => VERBS.includes(name)).toSorted(), VERBS);
  const twins = VERBS.map((name) => `${name}Sync`);
  assertEquals(names.filter((name) => twins.includes(name)).toSorted(), twins.toSorted());
  const flows = Object.keys(api.flow);
  assertEquals(flows.filter((name) => VERBS.includes(name)).toSorted(), VERBS);
  const exported = Object.keys(main);
  assertEquals([...VERBS, ...twins].filter((name) => !exported.includes(name)), []);
});
