import { kindOf } from "./option_names.ts";

/** A name and secret, as text. */
export interface User {
  readonly username: string;
  readonly password: string;
}

/**
 * Reads name and password from a plugin's options: in the normal form that RFC 7617 and RFC 7616
 * ask for, so that the same letters are the same bytes however they were typed.
 */
export function readUser(plugin: string, given: User): User {
  const read = (name: "username" | "password"): string => {
    const value: unknown = given[name];
    if (typeof value !== "string") {
      throw new TypeError(`Cannot use "${plugin}": "${name}" must be text, got ${kindOf(value)}`);
    }
    // deno-lint-ignore no-control-regex -- those are the ones it is about
    if (/[\x00-\x1f\x7f]/.test(value)) {
      throw new TypeError(`Cannot use "${plugin}": "${name}" has a control character`);
    }
    return value.normalize("NFC");
  };
  const user = { username: read("username"), password: read("password") };
  if (user.username.includes(":")) {
    throw new TypeError(`Cannot use "${plugin}": "username" has a colon, which would end it`);
  }
  return user;
}
