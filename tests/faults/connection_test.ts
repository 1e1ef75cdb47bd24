import { assert, assertEquals } from "@std/assert";
import { type ClientConfig, create, NetworkError, RetryError } from "../../mod.ts";
import { keepWorker } from "../support/kept_worker.ts";
import { sharedFaultServer, unusedPort } from "../support/fault_server.ts";
import { bothStyles, parity } from "../support/styles.ts";

const server = sharedFaultServer();
keepWorker();

function client(config: ClientConfig = {}) {
  return create({ baseURL: server.url, retryStrategy: { getDelay: () => 1 }, ...config });
}

bothStyles("a refused connection is a NetworkError, and is retried", async (t) => {
  const url = `http://127.0.0.1:${unusedPort()}/`;
  const error = await t.fails(() => t.get(create(), url), NetworkError);
  assertEquals([error.code, error.attempts], ["AX_NETWORK", 1]);
  assertEquals(error.request, { method: "GET", url });
  const api = create({ maxRetries: 2, retryStrategy: { getDelay: () => 1 } });
  const failed = await t.fails(() => t.get(api, url), RetryError);
  assertEquals([failed.attempts, failed.response], [3, undefined]);
  for (const each of failed.errors) assert(each instanceof NetworkError);
});

bothStyles("a failure is never guessed from the URL", async (t) => {
  for (const word of ["CERTIFICATES", "CERT_HAS_EXPIRED?x=ERR_SSL_"]) {
    const url = `http://127.0.0.1:${unusedPort()}/${word}`;
    const { message } = await t.fails(() => t.get(create(), url), NetworkError);
    assertEquals(message, `Cannot reach "GET ${url}": connection refused`);
    const closed = `${server.url}/close?${word}`;
    const error = await t.fails(() => t.get(create(), closed), NetworkError);
    assertEquals(
      error.message,
      `Cannot reach "GET ${closed}": connection closed without a response`,
    );
  }
});

bothStyles("a name that does not exist is a NetworkError", async (t) => {
  await t.fails(() => t.get(create(), "http://nowhere.invalid/"), NetworkError);
});

for (
  const path of [
    ...["/reset", "/close", "/reset-headers", "/reset-body", "/reset-chunked", "/bad-chunk"],
    ...["/reset-body?how=reset", "/garbage"],
  ]
) {
  const mark = path.includes("?") ? "&" : "?";

  bothStyles(`${path} is a NetworkError, and is retried on a connection of its own`, async (t) => {
    const url = `${path}${mark}key=${t.key}`;
    await t.fails(() => t.get(client(), url), NetworkError);
    const error = await t.fails(() => t.get(client({ maxRetries: 1 }), url), RetryError);
    assertEquals(error.errors.length, 2);
    for (const each of error.errors) assert(each instanceof NetworkError);
    const { requests } = await server.log(t.key);
    assertEquals(requests.length, 3);
    assertEquals(new Set(requests.map(({ socket }) => socket)).size, 3);
  });

  bothStyles(`post() to ${path} is sent once`, async (t) => {
    const url = `${path}${mark}key=${t.key}`;
    await t.fails(() => t.post(client({ maxRetries: 3 }), url, { json: { a: 1 } }), NetworkError);
    await t.fails(() => t.post(client({ maxRetries: 3 }), url), NetworkError);
    const { requests } = await server.log(t.key);
    assertEquals(requests.map(({ length }) => length), [7, 0]);
  });
}

bothStyles("get() recovers when a connection is reset before headers, twice", async (t) => {
  const api = client({ maxRetries: 2 });
  const response = await t.get(api, `/fail-then-ok/2?key=${t.key}`);
  assertEquals([response.status, response.attempts], [200, 3]);
  assertEquals((await server.log(t.key)).opened, 3);
});

bothStyles("a TLS handshake that fails is a NetworkError", async (t) => {
  const url = server.url.replace("http:", "https:");
  await t.fails(() => t.get(create(), url), NetworkError);
});

parity("a reset before headers", async (t) => {
  await t.get(client(), "/reset");
});

parity("a reset in the body", async (t) => {
  await t.get(client(), "/reset-body");
});
