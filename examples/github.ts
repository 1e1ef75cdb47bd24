/** A small SDK: every operation is written once, and its callers choose the style. */

import { type Client, create, type Flow, now, type Sdk, sdk } from "@ax/client";

/** A user. */
export interface User {
  /** The name in URLs. */
  login: string;
  /** The name of the person. */
  name: string;
}

/** A repository. */
export interface Repo {
  /** Its name. */
  name: string;
  /** How many people like it. */
  stars: number;
}

/** An issue. */
export interface Issue {
  /** The repository that it is about. */
  repo: string;
  /** What it is about. */
  title: string;
}

/** What the measuring middleware wrote down about one call. */
export interface Measured {
  /** Method and URL. */
  call: string;
  /** How it ended: a status, or the name of an error. */
  outcome: string;
  /** How long it took, all attempts together. */
  ms: number;
}

/** The operations, as `await github.user("ada")` and as `github.userSync("ada")`. */
export type GitHub = Sdk<ReturnType<typeof operations>>;

/** What {@linkcode connect} returns. */
export interface Connection {
  /** The SDK. */
  readonly github: GitHub;
  /** The one instance behind both call styles. */
  readonly api: Client;
  /** Every call so far. */
  readonly log: readonly Measured[];
}

/** Makes the SDK for the server at `baseURL`. */
export function connect(baseURL: string, token: string): Connection {
  const log: Measured[] = [];
  const api = create({ baseURL, timeout: 5_000 });

  api.interceptors.request.use(function authenticate(request) {
    request.headers.set("authorization", `Bearer ${token}`);
  });

  api.use(function* measure(request, next) {
    const start = yield* now();
    let outcome = "";
    try {
      const response = yield* next(request);
      outcome = `${response.status}`;
      return response;
    } catch (error) {
      outcome = (error as Error).name;
      throw error;
    } finally {
      log.push({ call: `${request.method} ${request.url}`, outcome, ms: (yield* now()) - start });
    }
  });

  return { github: sdk(operations(api)), api, log };
}

function operations(api: Client) {
  return {
    /** A user. */
    *user(login: string): Flow<User> {
      return (yield* api.flow.get<User>(`/users/${encodeURIComponent(login)}`)).data;
    },

    /** The repositories of a user, the most liked one first. */
    *repos(login: string): Flow<Repo[]> {
      const url = `/users/${encodeURIComponent(login)}/repos`;
      const { data } = yield* api.flow.get<Repo[]>(url);
      return data.sort((a, b) => b.stars - a.stars);
    },

    /** Who somebody is, and what they are known for: two operations one after the other. */
    *profile(login: string): Flow<string> {
      const user = yield* this.user(login);
      const [best] = yield* this.repos(login);
      return best ? `${user.name}, known for ${best.name}` : user.name;
    },

    /** Opens an issue. */
    *openIssue(repo: string, title: string): Flow<Issue> {
      const url = `/repos/${encodeURIComponent(repo)}/issues`;
      return (yield* api.flow.post<Issue>(url, { json: { title } })).data;
    },
  };
}
