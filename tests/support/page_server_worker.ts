/** The thread of `page_server.ts`. */

import { createHash } from "node:crypto";
import type { PageServerOps } from "./page_server.ts";
import { answerLink } from "./worker_link.ts";

// Deno warns once per thread that `request.signal` fires for delivered responses.
Object.assign(console, { warn: () => {} });

type Route = (request: Request, url: URL, names: Record<string, string>) => unknown;

const NAMES = ["", "Leanne Graham", "Ervin Howell", "Clementine Bauch"];
const TODO = { userId: 1, id: 1, title: "delectus aut autem", completed: false };
const REPOS = Array.from({ length: 8 }, (_, index) => ({ name: `repo-${index + 1}` }));

function json(value: unknown, init: ResponseInit = {}): Response {
  const headers = new Headers(init.headers);
  headers.set("content-type", "application/json; charset=utf-8");
  return new Response(JSON.stringify(value, null, 2), { ...init, headers });
}

function lines(count: number, make: (id: number) => string, type: string): Response {
  const text = Array.from({ length: count }, (_, id) => make(id)).join("");
  return new Response(text, { headers: { "content-type": type } });
}

/** The repositories of one page, and where the next one is. */
function repos(url: URL): Response {
  const size = Number(url.searchParams.get("per_page") ?? 30);
  const page = Number(url.searchParams.get("page") ?? 1);
  const next = new URL(`/user/583231/repos?per_page=${size}&page=${page + 1}`, url);
  const isLast = page * size >= REPOS.length;
  const headers: HeadersInit = isLast ? {} : { link: `<${next}>; rel="next"` };
  return json(REPOS.slice((page - 1) * size, page * size), { headers });
}

/** What the request said, each value of a form in a list. */
async function echo(request: Request, url: URL): Promise<Response> {
  const told: Record<string, unknown> = { method: request.method, url: url.href };
  const type = request.headers.get("content-type") ?? "";
  if (type.includes("json")) told.json = await request.json();
  else if (type.includes("form")) {
    const form: Record<string, string[]> = {};
    const files: Record<string, string[]> = {};
    for (const [name, value] of await request.formData()) {
      if (typeof value === "string") (form[name] ??= []).push(value);
      else (files[name] ??= []).push(await value.text());
    }
    Object.assign(told, { form, files });
  } else told.data = await request.text();
  return json(told);
}

function digest(request: Request, { user, password, algorithm }: Record<string, string>): Response {
  const hash = (text: string) => createHash("sha256").update(text).digest("hex");
  const given = Object.fromEntries(
    Array.from(
      (request.headers.get("authorization") ?? "").matchAll(/(\w+)=(?:"([^"]*)"|([^\s,]+))/g),
      ([, name, quoted, token]) => [name, quoted ?? token],
    ),
  );
  const { nonce, nc, cnonce, qop, uri, response } = given;
  const secret = hash(`${user}:demo:${password}`);
  const wanted = hash(
    [secret, nonce, nc, cnonce, qop, hash(`${request.method}:${uri}`)].join(":"),
  );
  if (response === wanted) return json({ authorized: true });
  const challenge = `Digest realm="demo", qop="auth", nonce="n1", algorithm=${algorithm}`;
  return json({}, { status: 401, headers: { "www-authenticate": challenge } });
}

/** Until the caller goes away. */
function gone({ signal }: Request): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
}

const ROUTES: Readonly<Record<string, Route>> = {
  "/users/octocat": () => json({ login: "octocat", name: "The Octocat" }),
  "/users/octocat/repos": (_, url) => repos(url),
  "/user/583231/repos": (_, url) => repos(url),
  "/users/:id": (_request, _url, { id }) => {
    const name = NAMES[Number(id)];
    return name ? json({ id: Number(id), name }) : json({}, { status: 404 });
  },
  "/todos/1": () => json(TODO),
  "/anything/*": echo,
  "/post": echo,
  "/status/:status": (_request, _url, { status }) => new Response(null, { status: Number(status) }),
  "/delay/:seconds": async (request) => {
    await gone(request);
    return json({});
  },
  "/bytes/:count": (_request, _url, { count }) => new Response(new Uint8Array(Number(count))),
  "/stream/:count": (_request, _url, { count }) =>
    lines(Number(count), (id) => `{"id":${id},"args":{}}\n`, "application/json"),
  "/sse": (_, url) =>
    lines(
      Number(url.searchParams.get("count")),
      (id) => `event: ping\ndata: {"id":${id}}\n\n`,
      "text/event-stream",
    ),
  "/bearer": (request) => {
    const [scheme, token] = (request.headers.get("authorization") ?? "").split(" ");
    return scheme === "Bearer" ? json({ authenticated: true, token }) : json({}, { status: 401 });
  },
  "/basic-auth/:user/:password": (request, _, { user, password }) => {
    const wanted = `Basic ${btoa(`${user}:${password}`)}`;
    return json({}, { status: request.headers.get("authorization") === wanted ? 200 : 401 });
  },
  "/digest-auth/auth/:user/:password/:algorithm": (request, _, names) => digest(request, names),
  "/cookies/set": (_, url) => {
    const headers = new Headers({ location: "/cookies" });
    for (const [name, value] of url.searchParams) {
      headers.append("set-cookie", `${name}=${value}; HttpOnly`);
    }
    return new Response(null, { status: 302, headers });
  },
  "/cookies": (request) => json({ cookies: request.headers.get("cookie") }),
  "/cache/:seconds": (_request, _url, { seconds }) =>
    json({}, { headers: { "cache-control": `public, max-age=${seconds}` } }),
};

const patterns = Object.entries(ROUTES).map(([pathname, route]) => ({
  pattern: new URLPattern({ pathname }),
  route,
}));

async function handle(request: Request): Promise<Response> {
  const url = new URL(request.url);
  for (const { pattern, route } of patterns) {
    const match = pattern.exec(url);
    if (!match) continue;
    return await route(request, url, match.pathname.groups as Record<string, string>) as Response;
  }
  return json({ error: `No route ${url.pathname}` }, { status: 404 });
}

const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, handle);

answerLink<PageServerOps>({ port: () => server.addr.port });
