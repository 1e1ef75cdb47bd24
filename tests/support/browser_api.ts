/** What the pages of `tests/runtimes/browser_slow_test.ts` call. */

const encoder = new TextEncoder();

const tries = new Map<string, number>();
const meetings = new Map<string, Meeting>();

interface Meeting {
  left: number;
  readonly over: PromiseWithResolvers<void>;
}

/** Answers a request of a page. */
export async function answer(request: Request): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  const [, route, arg = "", second = ""] = pathname.split("/");
  switch (route) {
    case "json":
      return Response.json({ n: Number(arg) });
    case "echo":
      return Response.json({
        method: request.method,
        headers: Object.fromEntries(request.headers),
        body: await request.text(),
      });
    case "told":
      return Response.json(await told(request));
    case "late":
      // What does not fit into the buffers on the way waits until then.
      await new Promise((resolve) => setTimeout(resolve, Number(arg)));
      return Response.json({ size: (await request.arrayBuffer()).byteLength });
    case "text":
      return new Response("zażółć 漢字 \u0000 end");
    case "bytes":
      return new Response(searchParams.has("all") ? everyByte(Number(arg)) : pattern(Number(arg)), {
        headers: { "content-type": "application/octet-stream" },
      });
    case "status":
      return arg === "204"
        ? new Response(null, { status: 204 })
        : Response.json({ why: "asked for" }, { status: Number(arg) });
    case "redirect": {
      const status = Number(arg || 302);
      const location = status === 307 ? "/echo" : "/json/7";
      return new Response(null, { status, headers: { location } });
    }
    case "flaky": {
      const count = (tries.get(arg) ?? 0) + 1;
      tries.set(arg, count);
      return Response.json({ count }, { status: count > Number(second) ? 200 : 503 });
    }
    case "page": {
      const n = Number(arg);
      const next = n < 3 ? { link: `</page/${n + 1}>; rel="next"` } : undefined;
      return Response.json([n * 10, n * 10 + 1], next && { headers: next });
    }
    case "heavy-head":
      return Response.json({}, { headers: { "x-heavy": "h".repeat(100_000) } });
    case "slow":
      await new Promise((resolve) => setTimeout(resolve, Number(arg)));
      return Response.json({ slow: Number(arg) });
    case "meet":
      await meet(arg, Number(second));
      return Response.json({ n: Number(searchParams.get("n")) });
    case "arriving": {
      // Never answered: the other side has to give it up.
      const gone = Promise.withResolvers<void>();
      request.signal.addEventListener("abort", () => gone.resolve());
      await meet(arg, 2);
      await gone.promise;
      return new Response(null, { status: 204 });
    }
    case "arrived":
      await meet(arg, 2);
      return new Response();
    case "lines":
      return new Response(lines(Number(arg), searchParams.has("big")));
    default:
      return new Response("not found", { status: 404 });
  }
}

/** Waits until so many have come. */
async function meet(key: string, count: number): Promise<void> {
  const meeting = meetings.get(key) ?? { left: count, over: Promise.withResolvers<void>() };
  meetings.set(key, meeting);
  if (--meeting.left === 0) meeting.over.resolve();
  await meeting.over.promise;
}

/** What came: of multipart its parts, since the boundary differs from one to the next. */
async function told(request: Request): Promise<Record<string, unknown>> {
  const { method, headers } = request;
  const type = headers.get("content-type");
  const cookie = headers.get("cookie");
  const about = { method, type, cookie };
  if (!type?.startsWith("multipart/")) {
    return { ...about, ...summary(await request.arrayBuffer()) };
  }
  const parts: unknown[] = [];
  for (const [name, value] of await request.formData()) {
    parts.push(
      typeof value === "string"
        ? [name, value]
        : [name, value.name, value.type, summary(await value.arrayBuffer())],
    );
  }
  return { ...about, parts };
}

/** Tells one content from another. */
function summary(buffer: ArrayBuffer): { readonly size: number; readonly sum: number } {
  const sum = new Uint8Array(buffer).reduce((sum, byte, at) => (sum * 31 + byte + at) % 1e9, 7);
  return { size: buffer.byteLength, sum };
}

function everyByte(size: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: size }, (_, index) => index);
}

/** Bytes that tell a part that is missing or in the wrong place. */
function pattern(size: number): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(size / 4));
  for (let index = 0; index < words.length; index++) words[index] = index * 2654435761;
  return new Uint8Array(words.buffer, 0, size);
}

function lines(count: number, big: boolean): ReadableStream<Uint8Array> {
  let at = 0;
  const pad = big ? "x".repeat(50_000) : "";
  return new ReadableStream({
    async pull(controller): Promise<void> {
      if (at === count) return controller.close();
      await new Promise((resolve) => setTimeout(resolve, big ? 0 : 5));
      controller.enqueue(encoder.encode(`line ${at++}${pad}\n`));
    },
  });
}
