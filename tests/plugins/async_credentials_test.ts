import { assertEquals, assertMatch } from "@std/assert";
import type { Client } from "../../mod.ts";
import { keepWorker } from "../support/kept_worker.ts";
import { sharedServer } from "../support/server.ts";
import { bothStyles, type StyleKit } from "../support/styles.ts";
import * as clients from "./fixtures/async_credentials.ts";

const server = sharedServer();
keepWorker();

async function headers(t: StyleKit, api: Client): Promise<Record<string, string>> {
  using child = api.extend({ baseURL: server.url });
  const { data } = await t.post<{ headers: Record<string, string> }>(child, "/echo", {
    data: "xyz",
  });
  return data.headers;
}

bothStyles("auth() asks an async provider that has a twin", async (t) => {
  assertEquals((await headers(t, clients.withProvider)).authorization, "Bearer token-of-POST");
});

bothStyles("oauth2() uses an async store that has a twin", async (t) => {
  assertEquals((await headers(t, clients.withStore)).authorization, "Bearer kept-true");
});

bothStyles("awsSigV4() asks for keys by an async function that has a twin", async (t) => {
  assertMatch((await headers(t, clients.withKeys)).authorization ?? "", /Credential=LATER\//);
});

bothStyles("sign() signs by an async function that has a twin", async (t) => {
  assertEquals((await headers(t, clients.withSigner))["x-signature"], "POST 3 true");
});
