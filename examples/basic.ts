/**
 * The first call, in both styles: `deno run --allow-net examples/basic.ts`.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- an example talks to its terminal
import { create } from "@ax/client";
import { startServer } from "./server.ts";

using server = await startServer();

const api = create({
  baseURL: server.url,
  headers: { authorization: "Bearer not-a-real-token" },
  timeout: 5_000,
});

interface User {
  name: string;
}

const awaited = await api.get<User>("/users/ada");
console.log("async:", awaited.status, awaited.data.name);

const blocking = api.getSync<User>("/users/ada");
console.log("sync: ", blocking.status, blocking.data.name);

const created = api.postSync("/repos/notes/issues", { json: { title: "Hello" } });
console.log("sync: ", created.status, created.data);
