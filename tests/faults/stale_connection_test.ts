import { assert, assertEquals } from "@std/assert";
import { create, NetworkError } from "../../mod.ts";
import { sharedFaultServer } from "../support/fault_server.ts";
import { bothStyles } from "../support/styles.ts";

const server = sharedFaultServer();

for (const how of ["reset", "end"]) {
  bothStyles(`get() is sent again when its kept connection ends by ${how}`, async (t) => {
    const api = create({ baseURL: server.url });
    const url = `/stale-then-ok?how=${how}&key=${t.key}`;
    const first = await t.get(api, url);
    // This connection ends with the next request on it: a new one serves it, and nobody notices.
    const second = await t.get(api, url);
    assertEquals([first.attempts, second.attempts, second.status], [1, 1, 200]);
    const { requests } = await server.log(t.key);
    assertEquals(requests.length, 3);
    assertEquals(requests[0]?.socket, requests[1]?.socket);
    assertEquals(requests[2]?.socket === requests[1]?.socket, false);
  });

  bothStyles(`post() is sent once when its kept connection ends by ${how}`, async (t) => {
    const api = create({ baseURL: server.url, maxRetries: 3 });
    const url = `/stale-then-ok?how=${how}&key=${t.key}`;
    await t.get(api, url);
    const post = `${url}-post`;
    let failed = 0;
    for (const config of [{ json: { a: 1 } }, {}, { data: "" }, { method: "PATCH", json: 1 }]) {
      await t.get(api, `/ok?key=${t.key}-warm`);
      await t.request(api, { method: "POST", url: post, ...config }).catch((error) => {
        // The server has seen it, and may have done what it says.
        if (!(error instanceof NetworkError)) throw error;
        failed++;
      });
    }
    assertEquals((await server.log(`${t.key}-post`)).requests.length, 4);
    // Some had a connection of their own, and were served; none was served after it had failed.
    assert(failed > 0, "no request met a connection that was gone");
  });
}

bothStyles("a connection that the server has closed meanwhile is not noticed", async (t) => {
  const api = create({ baseURL: server.url });
  for (let round = 0; round < 3; round++) {
    const response = await t.get(api, `/close-after?key=${t.key}`);
    assertEquals([response.status, response.attempts], [200, 1]);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { requests } = await server.log(t.key);
  assertEquals(requests.length, 3);
});
