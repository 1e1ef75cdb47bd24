/** Exact types of `dual`, `sdk` and handlers; nothing here is about what runs. */
import { create, dual, type Flow, type ResolvedConfig, type Sdk, sdk, sleep } from "../mod.ts";
import type { AxResponse, NextResult } from "../mod.ts";

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
