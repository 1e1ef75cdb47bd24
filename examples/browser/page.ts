/** The page: calls of its own, workers for calls that block, events, and an upload. */
import { create } from "@ax/client";
import { callBothWays, type Row, show } from "./calls.ts";

const api = create({ baseURL: location.origin });

onClick("page", (tell) => callBothWays(api, tell));
onClick("worker", (tell) => inWorker(false, tell));
onClick("isolated", (tell) => inWorker(true, tell));
onClick("events", (tell) =>
  show("await api.stream(…)", async () => {
    let count = 0;
    const start = performance.now();
    for await (const { event, data } of (await api.stream("/events")).iterEvents()) {
      count++;
      tell({ call: event, result: data, ms: performance.now() - start, failed: false });
    }
    return `${count} events`;
  }, tell));
onClick("upload", (tell) => {
  const bar = document.querySelector("progress") as HTMLProgressElement;
  bar.value = 0;
  return show("await api.post(…, { data })", async () => {
    const { data } = await api.post<{ size: number }>("/upload", {
      data: new Uint8Array(16 << 20),
      onUploadProgress: ({ fraction = 0 }) => bar.value = fraction,
    });
    return `${data.size} bytes arrived`;
  }, tell);
});

function inWorker(warm: boolean, tell: (row: Row) => void): Promise<void> {
  const worker = new Worker("/worker.js", { type: "module" });
  return new Promise<void>((resolve, reject) => {
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.onmessage = ({ data }: MessageEvent<Row | "end">) => {
      if (data === "end") resolve();
      else tell(data);
    };
    worker.postMessage(warm);
  }).finally(() => worker.terminate());
}

/** Runs the calls of a section, one run at a time, and shows what they gave. */
function onClick(id: string, run: (tell: (row: Row) => void) => Promise<void>): void {
  const section = document.getElementById(id) as HTMLElement;
  const button = section.querySelector("button") as HTMLButtonElement;
  const list = section.querySelector("dl") as HTMLElement;
  button.onclick = async () => {
    button.disabled = true;
    list.replaceChildren();
    try {
      await run((row) => list.append(rowOf(row)));
    } finally {
      button.disabled = false;
    }
  };
}

function rowOf({ call, result, ms, failed }: Row): HTMLElement {
  const [row, term, name, time, value] = ["div", "dt", "code", "span", "dd"]
    .map((tag) => document.createElement(tag)) as [
      HTMLElement,
      HTMLElement,
      HTMLElement,
      HTMLElement,
      HTMLElement,
    ];
  row.className = failed ? "failed" : "";
  name.textContent = call;
  time.textContent = `${ms.toFixed(1)} ms`;
  value.textContent = result;
  term.append(name, time);
  row.append(term, value);
  return row;
}
