/** The thread of `auth_server.ts`. */

import { createHash } from "node:crypto";
import type { AuthOps, AuthRecord, TokenMode } from "./auth_server.ts";
import { answerLink } from "./worker_link.ts";

const PASSWORD = "Secret, or not?";
const USERNAME = "J\u{e4}s\u{f8}n Doe";
const REALM = 'the "realm"';

interface State extends AuthRecord {
  mode: TokenMode;
  issued: number;
  valid: string | undefined;
  refresh: string | undefined;
  /** How often the token endpoint has answered. */
  answers: number;
  nonces: number;
  /** How often each nonce was used, by its count. */
  used: Map<string, Set<string>>;
}

const states = new Map<string, State>();

function stateOf(key: string): State {
  const known = states.get(key);
  if (known) return known;
  const state: State = {
    tokens: [],
    calls: [],
    mode: "token",
    issued: 0,
    valid: undefined,
    refresh: undefined,
    answers: 0,
    nonces: 0,
    used: new Map(),
  };
  states.set(key, state);
  return state;
}

async function token(state: State, request: Request, params: URLSearchParams): Promise<Response> {
  try {
    return await grant(state, request, params);
  } finally {
    state.answers++;
  }
}

async function grant(state: State, request: Request, params: URLSearchParams): Promise<Response> {
  const form = Object.fromEntries(new URLSearchParams(await request.text()));
  state.tokens.push({ authorization: request.headers.get("authorization"), form });
  // Long enough for others to ask too, if they were let.
  await new Promise((resolve) => setTimeout(resolve, 20));
  const isOld = state.refresh !== undefined && form.grant_type === "refresh_token" &&
    form.refresh_token !== state.refresh;
  if (state.mode === "refuse" || isOld) {
    const error = { error: "invalid_grant", "error_description": "The refresh token has ended" };
    return Response.json(error, { status: 400 });
  }
  if (state.mode === "html") {
    return new Response("<!doctype html><h1>Sign in</h1>", {
      headers: { "content-type": "text/html; charset=utf-8" },
    });
  }
  state.valid = `token-${++state.issued}`;
  if (params.has("rotate")) state.refresh = `refresh-${state.issued}`;
  return Response.json({
    "access_token": state.valid,
    "token_type": "bearer",
    ...state.refresh !== undefined && { "refresh_token": state.refresh },
  });
}

async function api(state: State, request: Request, params: URLSearchParams): Promise<Response> {
  const authorization = request.headers.get("authorization");
  const good = authorization === `Bearer ${state.valid}` && !params.has("never");
  const status = good ? 200 : 401;
  state.calls.push({ authorization, status, body: await request.text() });
  if (!good && params.has("late")) await renewed(state, Number(params.get("late")));
  return Response.json({ authorization }, { status });
}

/** Waits until the token endpoint has answered that often, and the client has read it. */
async function renewed(state: State, answers: number): Promise<void> {
  do await new Promise((resolve) => setTimeout(resolve, 20)); while (state.answers < answers);
}

function digest(algorithm: string, ...parts: string[]): string {
  const name = algorithm.toLowerCase().replace("-sess", "");
  const hash = { "md5": "md5", "sha-256": "sha256", "sha-512-256": "sha512-256" }[name] ?? name;
  return createHash(hash).update(parts.join(":")).digest("hex");
}

/** Says what is wrong with an answer; empty if nothing is. */
function checkDigest(
  state: State,
  request: { method: string; target: string; body: string },
  authorization: string,
  params: URLSearchParams,
): string {
  const algorithm = params.get("algorithm") ?? "MD5";
  const given: Record<string, string> = {};
  for (
    const [, name = "", quoted, plain] of authorization.matchAll(
      /([\w*]+)=(?:"((?:\\.|[^"])*)"|([^,]+))/g,
    )
  ) {
    given[name] = quoted?.replace(/\\(.)/g, "$1") ?? plain ?? "";
  }
  const name = params.has("userhash")
    ? given.username === digest(algorithm, USERNAME, REALM)
    : given["username*"] === `UTF-8''${encodeURIComponent(USERNAME)}`;
  if (!name) return "the name";
  if (given.realm !== REALM || given.uri !== request.target) return "realm or uri";
  const used = state.used.get(given.nonce ?? "");
  if (!used) return "an unknown nonce";
  const limit = Number(params.get("uses") ?? Infinity);
  if (used.has(given.nc ?? "")) return "a used count";
  if (used.size >= limit) return "stale";
  let key = digest(algorithm, USERNAME, REALM, PASSWORD);
  if (algorithm.endsWith("-sess")) {
    key = digest(algorithm, key, given.nonce ?? "", given.cnonce ?? "");
  }
  const about = given.qop === "auth-int"
    ? digest(algorithm, request.method, request.target, digest(algorithm, request.body))
    : digest(algorithm, request.method, request.target);
  const { nonce = "", nc = "", cnonce = "", qop = "" } = given;
  const expected = digest(algorithm, key, nonce, nc, cnonce, qop, about);
  if (given.response !== expected) return "the response";
  used.add(nc);
  return "";
}

async function digestRoute(
  state: State,
  request: Request,
  url: URL,
): Promise<Response> {
  const params = url.searchParams;
  const authorization = request.headers.get("authorization");
  const body = await request.text();
  const sent = { method: request.method, target: url.pathname + url.search, body };
  const wrong = authorization === null ? "none" : checkDigest(state, sent, authorization, params);
  state.calls.push({ authorization, status: wrong ? 401 : 200, body });
  const fresh = (): string => {
    const nonce = `nonce-${++state.nonces}`;
    state.used.set(nonce, new Set());
    return nonce;
  };
  if (wrong === "") {
    const headers = new Headers();
    if (params.has("nextnonce")) headers.set("authentication-info", `nextnonce="${fresh()}"`);
    const qop = /, qop=([\w-]+)/.exec(authorization ?? "")?.[1];
    return Response.json({ qop, body }, { headers });
  }
  const qop = params.get("qop") ?? "auth";
  const algorithm = params.get("algorithm") ?? "MD5";
  const strong = `Digest realm="the \\"realm\\"", nonce="${fresh()}", qop="${qop}", ` +
    `algorithm=${algorithm}, opaque="o"` +
    (params.has("userhash") ? ", userhash=true" : "") +
    (wrong === "stale" || params.has("always-stale") ? ", stale=true" : "");
  const weak = 'Digest realm="weak", nonce="weak", qop="auth", algorithm=MD5, Basic realm="x"';
  const challenges = params.has("weak") ? `${weak}, ${strong}` : strong;
  return Response.json({ wrong }, { status: 401, headers: { "www-authenticate": challenges } });
}

async function handle(request: Request): Promise<Response> {
  const url = new URL(request.url);
  const state = stateOf(url.searchParams.get("key") ?? "");
  switch (url.pathname) {
    case "/token":
      return await token(state, request, url.searchParams);
    case "/api":
      return await api(state, request, url.searchParams);
    case "/digest":
      return await digestRoute(state, request, url);
    default:
      return new Response(null, { status: 404 });
  }
}

const ending = new AbortController();
const server = Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  signal: ending.signal,
  onListen: () => {},
}, handle);

answerLink<AuthOps>({
  port: () => server.addr.port,
  record: (key = "") => {
    const { tokens, calls } = stateOf(key);
    return { tokens, calls };
  },
  revoke: (key = "") => {
    stateOf(key).valid = undefined;
  },
  mode: (key = "") => {
    const [name = "", mode] = key.split(" ");
    stateOf(name).mode = mode as TokenMode;
  },
  close: () => ending.abort(),
});
