/** The page: its own async calls, and a worker for calls that block. */
import { create, isAxError, syncSupport } from "@ax/client";
import type { Row } from "./worker.ts";

const api = create({ baseURL: location.origin });
const support = syncSupport();

element("about").textContent = `Sync calls on this page: ${
  support.supported ? "yes" : support.reason
}.`;

element("async").onclick = async () => {
  await show("await api.get, 10 ms of server time", async () => {
    return (await api.get<{ name: string }>("/users/ada")).data.name;
  });
  await show("await api.get, 5 MiB", async () => {
    const { data } = await api.get<Uint8Array>("/bytes", { responseType: "bytes" });
    return `${data.byteLength} bytes`;
  });
};

element("main").onclick = () =>
  show("api.getSync on this page", () => api.getSync<{ name: string }>("/users/ada").data.name);

element("sync").onclick = () => inWorker(true);
element("cold").onclick = () => inWorker(false);

function inWorker(warm: boolean): void {
  const worker = new Worker("/worker.js", { type: "module" });
  worker.onmessage = ({ data }: MessageEvent<Row | "end">) => {
    if (data === "end") worker.terminate();
    else add(data);
  };
  worker.postMessage(warm);
}

async function show(call: string, run: () => string | Promise<string>): Promise<void> {
  const start = performance.now();
  let result: string;
  try {
    result = await run();
  } catch (error) {
    if (!isAxError(error)) throw error;
    result = `${error.name}: ${error.message}`;
  }
  add({ call, result, ms: performance.now() - start });
}

function add({ call, result, ms }: Row): void {
  const row = document.createElement("tr");
  for (const text of [call, result, ms.toFixed(1)]) {
    row.append(Object.assign(document.createElement("td"), { textContent: text }));
  }
  element("rows").append(row);
}

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no "${id}"`);
  return found;
}
