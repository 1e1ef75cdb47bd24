import { assert, assertEquals } from "@std/assert";
import { create, NetworkError, SyncUnavailableError } from "../../mod.ts";
import { MockTransport, RecordingTransport } from "../../src/testing/mod.ts";
import { sharedServer } from "../support/server.ts";
import { bothStyles } from "../support/styles.ts";

const server = sharedServer();
const URL_A = "https://api.test/a";

bothStyles("a recording is replayed in both styles", async (t) => {
  const recorder = new RecordingTransport();
  const live = create({ transport: recorder, baseURL: server.url });
  const config = { headers: { "x-a": "1" }, json: { n: 1 } };
  const first = await t.post(live, `/echo?key=${t.key}`, config);
  await t.get(live, "/status/204");
  live.close();
  const [sent] = await server.requests(t.key);
  assertEquals(sent?.text, '{"n":1}');
  const kept = JSON.parse(JSON.stringify(recorder.recordings));
  assertEquals(kept, recorder.recordings);

  const api = create({ transport: MockTransport.from(kept), baseURL: server.url });
  const path = `/echo?key=${t.key}`;
  for (const response of [await api.post(path), api.postSync(path)]) {
    assertEquals(response.status, first.status);
    assertEquals([...response.headers], [...first.headers]);
    assertEquals(response.data, first.data);
  }
  assertEquals((await t.get(api, "/status/204")).data, undefined);
});

bothStyles("the recorder sends what it got, and nothing else", async (t) => {
  const recorder = new RecordingTransport();
  const plain = create({ baseURL: server.url, headers: { accept: undefined } });
  const live = plain.extend({ transport: recorder });
  const path = `/echo?key=${t.key}`;
  const direct = await t.put<{ headers: unknown }>(plain, path, { data: "text" });
  const recorded = await t.put<{ headers: unknown }>(live, path, { data: "text" });
  assertEquals(recorded.data.headers, direct.data.headers);
  live.close();
  plain.close();
});

bothStyles("replies of one URL are replayed in order, the last one stays", async (t) => {
  const network = new MockTransport();
  network.on("GET", /./).replyOnce(200, "one").replyOnce(201, "two");
  const recorder = new RecordingTransport(network);
  const live = create({ transport: recorder });
  await t.get(live, URL_A);
  await t.get(live, URL_A);
  const replay = MockTransport.from(recorder.recordings);
  const api = create({ transport: replay });
  const seen = [];
  for (let call = 0; call < 3; call++) seen.push((await t.get(api, URL_A)).data);
  assertEquals(seen, ["one", "two", "two"]);
  await t.get(api, `${URL_A}?x=1`).then(() => assert(false), () => {});
});

bothStyles("recordings are masked, and match on replay all the same", async (t) => {
  const network = new MockTransport();
  network.on("GET", URL_A).reply(200, "ok", { "set-cookie": "a=1", "x-token": "t" });
  const recorder = new RecordingTransport(network, { redact: ["key", "x-token"] });
  const live = create({ transport: recorder });
  const headers = { authorization: "Bearer 1", "x-plain": "p" };
  await t.get(live, `${URL_A}?key=secret`, { headers });
  const [recording] = recorder.recordings;
  assertEquals(recording?.request, {
    method: "GET",
    url: `${URL_A}?key=***`,
    headers: { accept: "application/json, text/plain, */*", authorization: "***", "x-plain": "p" },
  });
  assertEquals(recording?.response.headers["set-cookie"], "***");
  assertEquals(recording?.response.headers["x-token"], "***");
  const api = create({ transport: MockTransport.from(recorder.recordings) });
  assertEquals((await t.get(api, `${URL_A}?key=another`)).data, "ok");
});

bothStyles("bytes that are no text, and chunks, are recorded whole", async (t) => {
  const network = new MockTransport();
  const binary = Uint8Array.from({ length: 70_000 }, (_, index) => index % 256);
  network.on("GET", URL_A).replyOnce(200, binary).replyStreamOnce(200, ["\ufeffa", "ä"]);
  const recorder = new RecordingTransport(network);
  const live = create({ transport: recorder });
  const first = (await t.get(live, URL_A)).bytes();
  const second = (await t.get(live, URL_A)).bytes();
  assertEquals(first, binary);
  assertEquals(recorder.recordings.map(({ response }) => response.base64), [true, undefined]);
  const api = create({ transport: MockTransport.from(recorder.recordings) });
  assertEquals((await t.get(api, URL_A)).bytes(), first);
  assertEquals((await t.get(api, URL_A)).bytes(), second);
});

bothStyles("failures pass and are not recorded", async (t) => {
  const network = new MockTransport();
  network.on("GET", URL_A).fail();
  const recorder = new RecordingTransport(network);
  await t.fails(t.get(create({ transport: recorder }), URL_A), NetworkError);
  assertEquals(recorder.recordings, []);
});

Deno.test("the recorder has the call styles and the close() of what it wraps", async () => {
  let closed = 0;
  const network = new MockTransport();
  network.on("GET", URL_A).reply(200, "ok");
  const inner = {
    send: network.send.bind(network),
    close: () => void closed++,
  };
  const api = create({ transport: new RecordingTransport(inner) });
  assertEquals((await api.get(URL_A)).data, "ok");
  try {
    api.getSync(URL_A);
    assert(false);
  } catch (error) {
    assert(error instanceof SyncUnavailableError);
  }
  api.close();
  assertEquals(closed, 1);
});
