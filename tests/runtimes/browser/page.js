/** The page: `run(name)` gives what a check on the main thread or in a worker found. */
import { create, isAxError, syncSupport } from "@ax/client";
import { about, headers } from "./shared.js";

const api = create({ baseURL: location.origin });

const checks = {
  async async() {
    const seen = [];
    const child = headers(api.extend(), seen);
    child.interceptors.request.use(async ({ headers }) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      headers.set("x-async", "yes");
    });
    const { data } = await child.post("/echo", { json: { a: "ż" } });
    const lines = [];
    const stream = await api.get("/lines/3", { stream: true });
    for await (const line of stream.iterLines()) lines.push(line);
    const error = await api.get("/status/404").catch((error) => error);
    const late = await api.get("/never", { timeout: 200 }).catch((error) => error);
    const lost = await api.get("http://127.0.0.1:1/", { allowAbsoluteUrls: true })
      .catch((error) => error);
    const { data: followed, redirected, url } = await api.get("/redirect");
    const hidden = await api.get("/redirect", { followRedirects: false }).catch((error) => error);
    return {
      method: data.method,
      body: data.body,
      headers: ["x-plain", "x-generator", "x-async"].map((name) => data.headers[name]),
      seen,
      lines,
      errors: [error, late, lost, hidden].map(about),
      redirect: [followed, redirected, new URL(url).pathname],
      isAxError: isAxError(error),
    };
  },
  async mainThread() {
    let error;
    try {
      api.getSync("/json/1");
    } catch (thrown) {
      error = thrown;
    }
    const warm = await api.warmSync().catch((error) => error);
    return { support: syncSupport(), errors: [error, warm].map(about) };
  },
};

globalThis.run = (name) => checks[name]();

/** Runs a check in a dedicated worker of its own, which blocks. */
globalThis.runInWorker = (name, argument) =>
  new Promise((resolve, reject) => {
    const worker = new Worker("/worker.js", { type: "module" });
    worker.onmessage = ({ data }) => {
      if ("found" in data) resolve(data.found);
      else reject(new Error(data.failed));
      worker.terminate();
    };
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage([name, argument]);
  });
