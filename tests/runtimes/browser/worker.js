/** A dedicated worker of the page. */
import { CancelToken, create, syncSupport } from "@ax/client";
import { answerBy } from "./serve.js";
import { about, runSpec } from "./spec.js";

const api = create({ baseURL: location.origin, timeout: 20_000 });

function thrownBy(run) {
  try {
    run();
    return ["nothing was thrown"];
  } catch (error) {
    return about(error);
  }
}

/** Whether the bytes are those that the server makes. */
function intact(bytes, size) {
  const words = new Uint32Array(bytes.slice(0, size & ~3).buffer);
  return bytes.byteLength === size &&
    words.every((word, index) => word === index * 2654435761 >>> 0);
}

const checks = {
  spec: runSpec,
  /** Started, but this thread never gave the worker a chance to run: XMLHttpRequest serves. */
  notAwaited() {
    api.warmSync();
    return [syncSupport(), api.getSync("/json/1").data, thrownBy(() => api.streamSync("/lines/1"))];
  },
  async many(count) {
    await api.warmSync();
    let sum = 0;
    for (let n = 0; n < count; n++) sum += api.getSync(`/json/${n}`).data.n;
    return sum;
  },
  async bodies() {
    await api.warmSync();
    const sizes = [0, 1, 131_071, 131_072, 131_073, 1 << 20, 5 << 20, (64 << 20) + 3];
    const whole = sizes.map((size) =>
      intact(api.getSync(`/bytes/${size}`, { responseType: "bytes" }).bytes(), size)
    );
    const flows = Array.from({ length: 6 }, () => api.flow.get(`/bytes/${5 << 20}`));
    const together = api.allSync(flows).map((response) => intact(response.bytes(), 5 << 20));
    const upload = new Uint8Array(3 << 20);
    return {
      whole,
      together,
      upload: api.postSync("/told", { data: upload }).data.size,
      heavy: api.getSync("/heavy-head").headers.get("x-heavy").length,
    };
  },
  /** The server answers none of them before all have come. */
  async atOnce(key) {
    await api.warmSync();
    return api.allSync([1, 2, 3].map((n) => api.flow.get(`/meet/${key}/3?n=${n}`)))
      .map(({ data }) => data.n);
  },
  async stream() {
    await api.warmSync();
    let bytes = 0;
    for (const chunk of api.streamSync("/lines/200?big").iterBytes()) bytes += chunk.byteLength;
    const first = [];
    for (const line of api.streamSync("/lines/100000").iterLines()) {
      first.push(line);
      if (line === "line 3") break;
    }
    return { bytes, first, after: api.getSync("/json/4").data.n };
  },
  async blockUntilCancelled(handle, key) {
    await api.warmSync();
    return thrownBy(() =>
      api.getSync(`/arriving/${key}`, { cancelToken: CancelToken.from(handle) })
    );
  },
  async totalTimeout() {
    await api.warmSync();
    return thrownBy(() => api.getSync("/slow/1500", { totalTimeout: 300 }));
  },
  /** The worker stops with the last client; then XMLHttpRequest serves until the next one starts. */
  async again() {
    await api.warmSync();
    const vias = [syncSupport().via];
    const before = api.getSync("/json/1").data.n;
    api.close();
    vias.push(syncSupport().via);
    const second = create({ baseURL: location.origin });
    const between = second.getSync("/json/2").data.n;
    await second.warmSync();
    vias.push(syncSupport().via);
    return { vias, answers: [before, between, second.getSync("/json/3").data.n] };
  },
};

answerBy(globalThis, checks);
