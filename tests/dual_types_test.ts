/** Exact types of `dual`, `sdk` and handlers; nothing here is about what runs. */
import { create, dual, type Flow, type ResolvedConfig, type Sdk, sdk, sleep } from "../mod.ts";
import type {
  AxResponse,
  Dual,
  FlowItems,
  FlowStream,
  NextResult,
  StreamResponse,
  SyncStreamResponse,
} from "../mod.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : false;
/** Compiles only where both types are the same. */
function same<A, B>(_proof: Equal<A, B>): void {}

interface User {
  name: string;
}
const api = create({ baseURL: "http://api.test" });

const getUser = dual(function* (name: string, page?: number) {
  return (yield* api.flow.get<User>(`/users/${name}/${page}`)).data;
});

const definition = {
  *user(name: string) {
    return (yield* api.flow.get<User>(`/users/${name}`)).data;
  },
  *count(name: string, page?: number) {
    const user = yield* this.user(name);
    same<typeof user, User>(true);
    return user.name.length + (page ?? 0);
  },
};
const users = sdk(definition);
const annotated: Sdk<typeof definition> = users;

class Shop {
  #path = "/shop";
  find = dual(this, function* (item: string) {
    ((_: Shop) => {})(this);
    return (yield* api.flow.get<User>(`${this.#path}/${item}`)).data;
  });
}

Deno.test("the types of dual() and sdk() are inferred from the definition", () => {
  same<Parameters<typeof getUser>, [name: string, page?: number | undefined]>(true);
  same<ReturnType<typeof getUser>, Promise<User>>(true);
  same<ReturnType<typeof getUser.sync>, User>(true);
  same<ReturnType<typeof getUser.flow>, Flow<User>>(true);
  void Shop;
  same<Parameters<Shop["find"]["sync"]>, [item: string]>(true);
  same<ReturnType<Shop["find"]["sync"]>, User>(true);
  same<ReturnType<typeof users.user>, Promise<User>>(true);
  same<ReturnType<typeof users.userSync>, User>(true);
  same<Parameters<typeof users.countSync>, [name: string, page?: number | undefined]>(true);
  same<ReturnType<typeof users.countSync>, number>(true);
  same<ReturnType<typeof annotated.countSync>, number>(true);
  // @ts-expect-error -- there is no such method
  users.nothing;
  // @ts-expect-error -- a name is a string
  ((): Promise<User> => getUser(1));
});

Deno.test("handlers of every colour infer their parameters", () => {
  const other = api.extend();
  other.use((request, next) => {
    same<typeof request, ResolvedConfig>(true);
    same<ReturnType<typeof next>, NextResult>(true);
    return next(request);
  });
  other.use(function* (request, next) {
    same<typeof request, ResolvedConfig>(true);
    const response = yield* next(request);
    same<typeof response, AxResponse>(true);
    return response;
  });
  other.use(async (request, next) => {
    same<typeof request, ResolvedConfig>(true);
    const response = await next(request);
    same<typeof response, AxResponse>(true);
    return response;
  });
  other.interceptors.request.use(async (request) => {
    same<typeof request, ResolvedConfig>(true);
    return await Promise.resolve(request);
  });
  other.interceptors.response.use(function* (response) {
    yield* sleep(0);
    same<typeof response, AxResponse>(true);
    return response;
  });
});

const padded = dual(function* (text: string, width = 8, fill?: string) {
  yield* sleep(0);
  return text.padEnd(width, fill);
});

class Box {
  width = 8;
  pad = dual(this, function* (text: string, times = 3) {
    yield* sleep(0);
    return text.padEnd(this.width * times);
  });
  none = dual(this, function* () {
    yield* sleep(0);
    return this.width;
  });
}

Deno.test("parameters with defaults keep their types", () => {
  same<
    Parameters<typeof padded>,
    [text: string, width?: number | undefined, fill?: string | undefined]
  >(true);
  same<ReturnType<typeof padded.sync>, string>(true);
  same<Parameters<Box["pad"]>, [text: string, times?: number | undefined]>(true);
  same<Parameters<Box["pad"]["flow"]>, [text: string, times?: number | undefined]>(true);
  same<ReturnType<Box["pad"]["sync"]>, string>(true);
  same<Parameters<Box["none"]>, []>(true);
  // @ts-expect-error -- the width is a number
  ((): unknown => padded("a", "8"));
  // @ts-expect-error -- the times are a number
  ((): unknown => new Box().pad.sync("a", "3"));
});

interface Issue {
  title: string;
}

/** An SDK in one class: plain operations, pages and a stream. */
class GitHub {
  readonly #api = api;
  *user(login: string) {
    return (yield* this.#api.flow.get<User>(`/users/${login}`)).data;
  }
  // deno-lint-ignore require-yield -- pages are made without a request
  *issues(repo: string, state = "open"): Generator<never, FlowItems<Issue>, unknown> {
    return this.#api.flow.paginate<Issue>(`/repos/${repo}/issues`, { params: { state } });
  }
  *chat(prompt: string) {
    return yield* this.#api.flow.stream("/chat", { method: "POST", json: { prompt } });
  }
  url(): string {
    return "";
  }
}

/** As an SDK says its types that is published to JSR. */
interface Operations {
  user(login: string): Flow<User>;
  issues(repo: string, state?: string): Flow<FlowItems<Issue>>;
  chat(prompt: string): Flow<FlowStream>;
}

function published(): Sdk<Operations> {
  const github = new GitHub();
  return sdk<Operations>({
    *user(login) {
      return yield* github.user(login);
    },
    *issues(repo, state) {
      return yield* github.issues(repo, state);
    },
    *chat(prompt) {
      return yield* github.chat(prompt);
    },
  });
}

class Staff {
  readonly user: Dual<[login: string], User> = dual(this, function* (login: string) {
    return (yield* api.flow.get<User>(`/users/${login}`)).data;
  });
}

Deno.test("streams and pages of an SDK have the type of their style", () => {
  const check = (github: Sdk<GitHub> | Sdk<Operations>) => [
    same<ReturnType<typeof github.user>, Promise<User>>(true),
    same<ReturnType<typeof github.userSync>, User>(true),
    same<ReturnType<typeof github.issues>, Promise<AsyncIterableIterator<Issue>>>(true),
    same<ReturnType<typeof github.issuesSync>, IterableIterator<Issue>>(true),
    same<ReturnType<typeof github.chat>, Promise<StreamResponse>>(true),
    same<ReturnType<typeof github.chatSync>, SyncStreamResponse>(true),
    github.issuesSync("ax/client", "closed"),
  ];
  void check;
  const github = sdk(new GitHub());
  same<typeof github, Sdk<GitHub>>(true);
  // @ts-expect-error -- what makes no flow is no operation
  github.url;
  void published;
  void Staff;
  same<ReturnType<Staff["user"]["sync"]>, User>(true);
  // @ts-expect-error -- the parameter is a string
  ((): unknown => published().userSync(1));
});
