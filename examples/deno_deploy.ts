/**
 * A handler for Deno Deploy and other places that serve `export default { fetch }`; started as a
 * program it serves by itself: `deno run --allow-net examples/deno_deploy.ts`.
 *
 * Such a place may have no threads, so a handler awaits.
 *
 * @module
 */

import { create, isAxError, syncSupport } from "@ax/client";

interface User {
  login: string;
  name: string;
}

/** What a platform calls. */
type Handler = (request: Request) => Promise<Response>;

/** Answers `GET /users/<login>` from an upstream, and `GET /` with what works here. */
export function handlerFor(upstream: string): Handler {
  const api = create({
    baseURL: upstream,
    timeout: 5_000,
    maxRetries: 2,
    headers: { "user-agent": "ax-client-example" },
  });
  return async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/") return Response.json({ sync: syncSupport() });
    const login = /^\/users\/([\w-]+)$/.exec(pathname)?.[1];
    if (login === undefined) return new Response("not found", { status: 404 });
    try {
      // The visitor's leaving ends the upstream request.
      const { data } = await api.get<User>(`/users/${login}`, { signal: request.signal });
      return Response.json({ login: data.login, name: data.name });
    } catch (error) {
      if (!isAxError(error)) throw error;
      return Response.json({ error: error.code }, { status: 502 });
    }
  };
}

const fetch = handlerFor("https://api.github.com");

export default { fetch };

if (import.meta.main) Deno.serve(fetch);
