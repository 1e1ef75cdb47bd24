import { assert, assertEquals } from "@std/assert";
import { create, type Progress, type RequestConfig } from "../mod.ts";
import { patternBytes, sharedServer } from "./support/server.ts";
import { bothStyles } from "./support/styles.ts";

const server = sharedServer();
const MIB = 1024 * 1024;

bothStyles("onUploadProgress hears of bytes, multipart and streams", async (t) => {
  using api = create({ baseURL: server.url });
  const size = 8 * MIB;
  function* chunks(): Generator<Uint8Array> {
    for (let sent = 0; sent < size; sent += MIB) yield patternBytes(MIB, sent);
  }
  const bodies: [RequestConfig, boolean][] = [
    [{ data: patternBytes(size) }, true],
    [{ data: new Blob([patternBytes(size)]) }, true],
    [{ files: { a: patternBytes(size), b: new Blob(["b"]) } }, true],
    [{ data: chunks() }, false],
  ];
  for (const [body, known] of bodies) {
    await server.reset(t.key);
    const heard: Progress[] = [];
    const path = `/echo?brief&read-gap=4&key=${t.key}`;
    await t.post(api, path, { ...body, onUploadProgress: (progress) => heard.push(progress) });
    const [request] = await server.requests(t.key);
    const { loaded, total, fraction } = heard.at(-1) ?? {};
    assertEquals(loaded, request?.length);
    assertEquals([total, fraction], known ? [request?.length, 1] : [undefined, undefined]);
    assert(heard.length >= 2, `${heard.length} events`);
    const sent = heard.map((progress) => progress.loaded);
    assertEquals(sent, sent.toSorted((a, b) => a - b));
  }
});
