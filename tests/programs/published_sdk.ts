/**
 * A small SDK, as it is published to JSR from a folder of its own: it says its types.
 *
 * @module
 */
import {
  type Client,
  create,
  type Dual,
  dual,
  type Flow,
  type FlowItems,
  type FlowStream,
  type Sdk,
  sdk,
} from "@ax/client";

/** A user. */
export interface User {
  /** The name. */
  login: string;
}

/** The operations, each callable both ways. */
export interface Operations {
  /** One user. */
  user(login: string): Flow<User>;
  /** The users that follow one. */
  followers(login: string): Flow<FlowItems<User>>;
  /** What happens, as it happens. */
  events(since?: string): Flow<FlowStream>;
}

/** Makes the SDK. */
export function github(token: string): Sdk<Operations> {
  const api = create({
    baseURL: "https://api.github.com",
    headers: { authorization: `Bearer ${token}` },
  });
  return sdk<Operations>({
    *user(login) {
      return (yield* api.flow.get<User>("/users/{login}", { path: { login } })).data;
    },
    *followers(login) {
      yield* this.user(login);
      return api.flow.paginate<User>("/users/{login}/followers", { path: { login } });
    },
    *events(since) {
      return yield* api.flow.stream("/events", { params: { since } });
    },
  });
}

/** The same as a class. */
export class GitHub {
  readonly #api: Client = create({ baseURL: "https://api.github.com" });

  /** One user. */
  user: Dual<[login: string], User> = dual(this, function* (login: string) {
    return (yield* this.#api.flow.get<User>(`/users/${login}`)).data;
  });
}
