/** Checks that block their thread: a dedicated worker of the page. */
import { create, isAxError, portable, syncSupport } from "@ax/client";
import { about, headers } from "./shared.js";

const api = create({ baseURL: location.origin, timeout: 20_000 });

function thrownBy(run) {
  const start = performance.now();
  try {
    run();
    return ["nothing was thrown"];
  } catch (error) {
    return [...about(error), performance.now() - start, isAxError(error)];
  }
}

/** Whether the bytes are those that the server makes. */
function intact(bytes, size) {
  const words = new Uint32Array(bytes.slice(0, size & ~3).buffer);
  return bytes.byteLength === size &&
    words.every((word, index) => word === index * 2654435761 >>> 0);
}

const checks = {
  notWarm() {
    return { support: syncSupport(), error: thrownBy(() => api.getSync("/json/1")) };
  },
  /** Started, but this thread never gave the worker a chance to run. */
  notAwaited() {
    api.warmSync();
    return { error: thrownBy(() => api.getSync("/json/1")) };
  },
  async unsupported() {
    const warm = await api.warmSync().catch((error) => error);
    const error = thrownBy(() => api.getSync("/json/1"));
    return { support: syncSupport(), error, warm: about(warm) };
  },
  async sync() {
    await api.warmSync();
    const seen = [];
    const child = headers(create({ baseURL: location.origin }), seen);
    const { data } = child.postSync("/echo", { json: { a: "ż" } });
    const upload = new Uint8Array(3 << 20);
    const file = new Blob([upload, "tail"]);
    const form = api.postSync("/size", { files: { file } }).data.size;
    const { data: followed, redirected, url } = api.getSync("/redirect");
    return {
      method: data.method,
      body: data.body,
      headers: ["x-plain", "x-generator"].map((name) => data.headers[name]),
      seen,
      uploads: [api.postSync("/size", { data: upload }).data.size, form > upload.byteLength],
      redirect: [followed, redirected, new URL(url).pathname],
      heavy: api.getSync("/heavy-head").headers.get("x-heavy").length,
      empty: api.headSync("/json/1").status,
      concurrent: api.allSync([1, 2, 3].map((n) => api.flow.get(`/json/${n}`)))
        .map(({ data }) => data.n),
    };
  },
  async bodies() {
    await api.warmSync();
    const sizes = [0, 1, 131_071, 131_072, 131_073, 1 << 20, 5 << 20, (64 << 20) + 3];
    return sizes.map((size) => {
      const start = performance.now();
      const bytes = api.getSync(`/bytes/${size}`, { responseType: "bytes" }).bytes();
      return [intact(bytes, size), performance.now() - start];
    });
  },
  async large() {
    await api.warmSync();
    const flows = Array.from(
      { length: 6 },
      () => api.flow.get(`/bytes/${5 << 20}`, { responseType: "bytes" }),
    );
    return api.allSync(flows).map(({ data }) => intact(data, 5 << 20));
  },
  async errors() {
    await api.warmSync();
    return [
      thrownBy(() => api.getSync("/status/404")),
      thrownBy(() => api.getSync("/never", { timeout: 300 })),
      thrownBy(() => api.getSync("http://127.0.0.1:1/", { allowAbsoluteUrls: true })),
      thrownBy(() => api.getSync("/redirect", { followRedirects: false })),
      thrownBy(() => {
        const child = api.extend();
        child.use(portable(async (request, next) => await next(request)));
        child.getSync("/json/1");
      }),
      thrownBy(() => api.getSync(`/bytes/${5 << 20}`, { totalTimeout: 1 })),
      ["after", api.getSync("/json/9").data.n],
    ];
  },
  async many(count) {
    await api.warmSync();
    const timings = [];
    let sum = 0;
    for (let n = 0; n < count; n++) {
      const start = performance.now();
      sum += api.getSync(`/json/${n}`).data.n;
      timings.push(performance.now() - start);
    }
    const awaited = [];
    for (let n = 0; n < count; n++) {
      const start = performance.now();
      await (await fetch(`/json/${n}`)).json();
      awaited.push(performance.now() - start);
    }
    const median = (list) => list.sort((a, b) => a - b)[list.length >> 1];
    return { sum, sync: median(timings), awaited: median(awaited) };
  },
  async stream() {
    await api.warmSync();
    const lines = [...api.getSync("/lines/5", { stream: true }).iterLines()];
    let bytes = 0;
    for (const chunk of api.getSync("/lines/200?big", { stream: true }).iterBytes()) {
      bytes += chunk.byteLength;
    }
    for (const line of api.getSync("/lines/100000", { stream: true }).iterLines()) {
      if (line === "line 3") break;
    }
    return { lines, bytes, after: api.getSync("/json/4").data.n };
  },
  /** The worker stops with the last client, and another `warmSync` starts one again. */
  async again() {
    await api.warmSync();
    const before = api.getSync("/json/1").data.n;
    api.close();
    const second = create({ baseURL: location.origin });
    const error = thrownBy(() => second.getSync("/json/2"));
    await second.warmSync();
    return { before, error, after: second.getSync("/json/3").data.n };
  },
  async slow() {
    await api.warmSync();
    return api.getSync("/slow/7000").data;
  },
};

globalThis.onmessage = async ({ data: [name, argument] }) => {
  try {
    postMessage({ found: await checks[name](argument) });
  } catch (error) {
    postMessage({ failed: `${error?.stack ?? error}` });
  }
};
