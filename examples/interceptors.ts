/**
 * A token that is fetched when it is needed, and a cache in a few lines, both for both styles:
 * `deno run --allow-net examples/interceptors.ts`.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- an example talks to its terminal
import { type AxResponse, create, createResponse } from "@ax/client";
import { startServer } from "./server.ts";

using server = await startServer();

const login = create({ baseURL: server.url, headers: { authorization: "Bearer first" } });
const api = create({ baseURL: server.url });

let token: string | undefined;
// A generator runs in both styles; it waits with `yield*` where an async function has `await`.
api.interceptors.request.use(function* authenticate(request) {
  if (!token) {
    const answer = yield* login.flow.post<{ title: string }>("/repos/tokens/issues", {
      json: { title: "second" },
    });
    token = answer.data.title;
    console.log("fetched a token");
  }
  request.headers.set("authorization", `Bearer ${token}`);
});

const cached = new Map<string, AxResponse>();
api.use(function* cache(request, next) {
  if (request.method !== "GET") return yield* next(request);
  const key = String(request.url);
  const hit = cached.get(key);
  if (hit) return createResponse({ data: hit.data, headers: { "x-cache": "hit" } });
  const response = yield* next(request);
  cached.set(key, response);
  return response;
});

const first = api.getSync("/users/grace");
const second = await api.get("/users/grace");
console.log("sync: ", first.data, first.headers.get("x-cache") ?? "from the server");
console.log("async:", second.data, second.headers.get("x-cache") ?? "from the server");
