/**
 * The behaviour of the package in a browser, once: the same checks on a page's main thread, in a
 * plain worker, in an isolated one, in a service worker; in the async style everywhere, in the sync
 * one where the place has it. Each gives plain data, which the test compares.
 */
import {
  CancelError,
  CancelToken,
  create,
  dual,
  FixedDelay,
  isAxError,
  syncSupport,
} from "@ax/client";

/** An error as data. */
export function about(error) {
  const { name, code, message, attempts } = error ?? {};
  return { name, code, message, attempts };
}

/** What a call came to, as data. */
async function outcome(call) {
  try {
    return await call();
  } catch (error) {
    return { error: about(error) };
  }
}

/** Calls in one style. */
function styleOf(api, style) {
  const sync = style === "sync";
  const verb = (name) => async (...args) =>
    await (sync ? api[`${name}Sync`](...args) : api[name](...args));
  return {
    get: verb("get"),
    post: verb("post"),
    head: verb("head"),
    stream: verb("stream"),
    async pages(...args) {
      const items = [];
      const pages = sync ? api.paginateSync(...args) : api.paginate(...args);
      for await (const item of pages) items.push(item);
      return items;
    },
    async dual(operation, ...args) {
      return sync ? operation.sync(...args) : await operation(...args);
    },
    with: (child) => styleOf(child, style),
  };
}

/** Every byte there is, and again. */
const BYTES = Uint8Array.from({ length: 512 }, (_, index) => index);

const equal = (one, other) =>
  one.byteLength === other.byteLength && one.every((byte, index) => byte === other[index]);

const CHECKS = {
  async json(t, api) {
    const { status, statusText, headers, data, ok, url } = await t.get("/json/7?q=ż");
    return {
      status,
      statusText,
      type: headers.get("content-type"),
      data,
      ok,
      url: pathOf(url, api),
    };
  },

  /** Relative URLs are resolved against the page. */
  async relative(t) {
    return (await t.with(create()).get("/json/3")).data;
  },

  async bytes(t) {
    const { data } = await t.get("/bytes/512?all", { responseType: "bytes" });
    const large = (await t.get("/bytes/3000001", { responseType: "bytes" })).bytes();
    const words = new Uint32Array(large.slice(0, 3_000_000).buffer);
    return [
      equal(data, BYTES),
      large.byteLength,
      words.every((word, index) => word === index * 2654435761 >>> 0),
    ];
  },

  async text(t) {
    return (await t.get("/text")).data;
  },

  /** Sends each kind of body, and has it told what came. */
  async bodies(t) {
    const form = new FormData();
    form.set("a", "ż");
    form.set("file", new File([BYTES], "all.bin", { type: "application/x-all" }));
    const bodies = {
      json: { json: { a: ["ż", 1, null] } },
      form: { form: { a: "1 2", b: ["x", "y"] } },
      text: { data: "grüße" },
      bytes: { data: BYTES },
      buffer: { data: BYTES.buffer },
      blob: { data: new Blob([BYTES, "tail"], { type: "text/css" }) },
      untyped: { data: new Blob([BYTES]) },
      params: { data: new URLSearchParams({ q: "a b" }) },
      formData: { data: form },
      files: { form: { a: "1" }, files: { f: { name: "f.bin", content: BYTES, type: "x/y" } } },
      none: {},
    };
    const told = {};
    for (const [kind, body] of Object.entries(bodies)) {
      const { data } = await t.post("/told", body);
      told[kind] = { ...data, type: data.type?.replace(/boundary=.*/, "boundary=…") ?? null };
    }
    return told;
  },

  async interceptors(t, api) {
    const seen = [];
    const plain = api.extend();
    const child = api.extend();
    child.interceptors.request.use(({ headers }) => {
      headers.set("x-plain", "yes");
    });
    child.interceptors.request.use(function* (request) {
      const { data } = yield* plain.flow.get("/json/5");
      request.headers.set("x-generator", String(data.n));
    });
    child.interceptors.response.use(({ status }) => {
      seen.push(status);
    });
    const { data } = await t.with(child).post("/echo", { json: { a: "ż" } });
    const { method, body, headers } = data;
    return { method, body, headers: [headers["x-plain"], headers["x-generator"]], seen };
  },

  async middleware(t, api) {
    const child = api.extend().use(function* (request, next) {
      const response = yield* next(request);
      response.data = { ...response.data, seen: request.attempt };
      return response;
    }, { per: "attempt" });
    return (await t.with(child).get("/json/1")).data;
  },

  async redirect(t, api) {
    const followed = await t.get("/redirect");
    const kept = await t.post("/redirect/307", { json: { a: 1 } });
    return [followed, kept].map(({ data, redirected, url }) => [
      data.n ?? data.body,
      redirected,
      pathOf(url, api),
    ]);
  },

  async empty(t) {
    const none = await t.get("/status/204");
    const head = await t.head("/json/1");
    return [none.data, none.bytes().byteLength, head.status, head.data, head.bytes().byteLength];
  },

  async status(t) {
    try {
      await t.get("/status/404");
    } catch (error) {
      return { ...about(error), data: error.response.data, isAxError: isAxError(error) };
    }
  },

  /** Real waits between the attempts, whatever the thread may do. */
  async retry(t, _api, key) {
    const delays = [];
    const response = await t.get(`/flaky/${key}/2`, {
      maxRetries: 3,
      retryStrategy: new FixedDelay({ delay: 30 }),
      onRetry: (_error, { delay }) => delays.push(delay),
    });
    const exhausted = await outcome(() =>
      t.get("/status/503", { maxRetries: 1, retryStrategy: new FixedDelay({ delay: 1 }) })
    );
    return [response.data, response.attempts, delays, exhausted];
  },

  /** Nothing that a browser says of a failure may hold what is masked. */
  async masked(t, _api, _key, { refused }) {
    const url = `${refused}/?token=S3CRET`;
    try {
      await t.get(url, { allowAbsoluteUrls: true, redact: ["token"] });
    } catch (error) {
      const texts = [error, error.cause].flatMap(({ message, stack }) => [message, stack]);
      return { ...about(error), secret: texts.some((text) => String(text).includes("S3CRET")) };
    }
  },

  /** Another origin that does not say who may read it. */
  async cors(t, _api, _key, { elsewhere }) {
    const { error } = await outcome(() =>
      t.get(`${elsewhere}/json/1`, { allowAbsoluteUrls: true })
    );
    return error.name;
  },

  async credentials(t) {
    const { data } = await t.get("/told", { fetchOptions: { credentials: "include" } });
    return data.cookie;
  },

  async tooLarge(t) {
    const { error } = await outcome(() => t.get("/bytes/5000", { maxResponseSize: 1000 }));
    const sent = await outcome(() => t.post("/told", { data: BYTES, maxRequestSize: 10 }));
    return [error.name, sent.error.name];
  },

  async network(t) {
    const { error } = await outcome(() =>
      t.get("/json/1", { network: { proxy: "http://a.test" } })
    );
    return error;
  },

  async progress(t) {
    const seen = [];
    const note = (side) => ({ loaded, total }) => seen.push([side, loaded, total]);
    await t.post("/told", { data: BYTES, onUploadProgress: note("up") });
    await t.get("/bytes/5000", { onDownloadProgress: note("down") });
    return [seen.findLast(([side]) => side === "up"), seen.at(-1)];
  },

  async dual(t, api) {
    const sum = dual(function* (one, other) {
      const first = yield* api.flow.get(`/json/${one}`);
      return first.data.n + (yield* api.flow.get(`/json/${other}`)).data.n;
    });
    return await t.dual(sum, 20, 22);
  },

  /** What a transport of the user's answers needs nothing of the platform. */
  async transport(t) {
    const answer = () => ({
      status: 200,
      headers: {},
      body: new TextEncoder().encode("one\ntwo\n"),
    });
    const child = create({
      transport: { send: () => Promise.resolve(answer()), sendSync: answer },
    });
    return (await t.with(child).get("https://a.test/")).text();
  },

  async cancelled(t) {
    const token = new CancelToken();
    token.cancel("before");
    const { error } = await outcome(() => t.get("/json/1", { cancelToken: token }));
    return [error.name, error.name === CancelError.name];
  },
};

/** What depends on the place, or on the style. */
const APART = {
  /** Async functions: awaited in the async style, refused in the other one. */
  asyncFunction(t, api) {
    const child = api.extend();
    child.interceptors.request.use(async function stamp({ headers }) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      headers.set("x-async", "yes");
    });
    return outcome(async () => (await t.with(child).get("/echo")).data.headers["x-async"]);
  },

  customFetch(t, api) {
    const child = api.extend({ fetch: (url, init) => fetch(url, init) });
    return outcome(async () => (await t.with(child).get("/json/8")).data.n);
  },

  stream(t) {
    return outcome(async () => {
      const lines = [];
      const stream = await t.stream("/lines/5");
      for await (const line of stream.iterLines()) lines.push(line);
      return lines;
    });
  },

  paginate(t) {
    return outcome(() => t.pages("/page/1"));
  },

  transportStream(t) {
    const answer = () => ({
      status: 200,
      headers: {},
      body: new TextEncoder().encode("one\ntwo\n"),
    });
    const child = create({
      transport: { send: () => Promise.resolve(answer()), sendSync: answer },
    });
    return outcome(async () => {
      const lines = [];
      const stream = await t.with(child).stream("https://a.test/");
      for await (const line of stream.iterLines()) lines.push(line);
      return lines;
    });
  },

  oneShot(t) {
    const chunks = [BYTES.subarray(0, 9), BYTES.subarray(9)];
    return outcome(async () => (await t.post("/told", { data: chunks.values() })).data.size);
  },

  /** How far an upload has come is told while it goes on. */
  upload(t) {
    return outcome(async () => {
      const seen = [];
      const data = new Uint8Array(8 << 20);
      const onUploadProgress = ({ loaded, total }) => seen.push([loaded, total]);
      const response = await t.post("/late/400", { data, onUploadProgress });
      const rising = seen.every(([loaded], at) => at === 0 || loaded > seen[at - 1][0]);
      return [response.data.size, rising, seen.at(-1), seen.length > 1];
    });
  },

  /** What a listener throws is the outcome of its call. */
  uploadThrows(t) {
    const onUploadProgress = () => {
      throw new RangeError("enough");
    };
    return outcome(() => t.post("/told", { data: BYTES, onUploadProgress }));
  },

  manual(t) {
    return outcome(() => t.get("/redirect", { followRedirects: false }));
  },

  fetchOption(t) {
    return outcome(async () => {
      return (await t.get("/json/2", { fetchOptions: { cache: "no-store" } })).data.n;
    });
  },

  timeout(t) {
    return outcome(async () => (await t.get("/slow/1500", { timeout: 300 })).data);
  },
};

/**
 * Runs all checks of one style. `place` says where the server is, and where another one.
 */
export async function runSpec(style, place) {
  const api = create({ baseURL: place.url, timeout: 20_000 });
  if (place.warm) await api.warmSync();
  const t = styleOf(api, style);
  const told = { same: {}, apart: {}, support: syncSupport() };
  for (const [name, check] of Object.entries(CHECKS)) {
    told.same[name] = await outcome(() => check(t, api, `${place.key}-${style}`, place));
  }
  for (const [name, check] of Object.entries(APART)) told.apart[name] = await check(t, api);
  api.close();
  const text = JSON.stringify(told, (_, value) => value === undefined ? null : value);
  return JSON.parse(text.replaceAll(place.url, "{server}").replaceAll(place.refused, "{refused}"));
}

function pathOf(url, api) {
  return url.slice(api.defaults.baseURL.length);
}
