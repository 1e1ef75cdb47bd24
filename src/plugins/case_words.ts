/** How the words of a key are written: `userId`, `user_id`, `user-id`, `UserId`. */
export type Case = "camel" | "snake" | "kebab" | "pascal";

/**
 * The words of a key, or `never` for one that is left as it is.
 *
 * @typeParam S What is left of the key.
 * @typeParam Done The words before.
 * @typeParam Word The word at work.
 * @typeParam Last What the last character was.
 */
export type KeyWords<
  S extends string,
  Done extends readonly string[] = [],
  Word extends string = "",
  Last extends "upper" | "lower" | "digit" | "separator" = "separator",
> = S extends `${infer C}${infer Rest}`
  ? C extends "_" | "-" ? KeyWords<Rest, Word extends "" ? Done : [...Done, Word]>
  : C extends `${number}`
    ? [Word, Done] extends ["", []] ? never : KeyWords<Rest, Done, `${Word}${C}`, "digit">
  : C extends Lowercase<C>
    ? C extends Uppercase<C> ? never : KeyWords<Rest, Done, `${Word}${C}`, "lower">
  : Last extends "lower" | "digit" ? KeyWords<Rest, [...Done, Word], C, "upper">
    // The last capital of several is the first of a word where a small letter follows: HTMLParser.
  : [Last, Rest] extends ["upper", `${infer N}${string}`]
    ? N extends Lowercase<N> ? N extends Uppercase<N> ? KeyWords<Rest, Done, `${Word}${C}`, "upper">
      : KeyWords<Rest, [...Done, Word], C, "upper">
    : KeyWords<Rest, Done, `${Word}${C}`, "upper">
  : KeyWords<Rest, Done, `${Word}${C}`, "upper">
  : Last extends "separator" ? never
  : [...Done, Word];

/**
 * Words as a key.
 *
 * @typeParam W The words.
 * @typeParam C The case.
 * @typeParam Before The words before, as a key.
 */
export type WrittenWords<
  W extends readonly string[],
  C extends Case,
  Before extends string = "",
> = W extends readonly [infer First extends string, ...infer Rest extends readonly string[]]
  ? WrittenWords<
    Rest,
    C,
    C extends "snake" | "kebab"
      ? `${Before}${Before extends "" ? "" : C extends "snake" ? "_" : "-"}${Lowercase<First>}`
      : [C, Before] extends ["camel", ""] ? Lowercase<First>
      : `${Before}${Capitalize<Lowercase<First>>}`
  >
  : Before;

/**
 * A key in another case. Leading `_` and `$` stay; what is no name of words, such as `a.b`, `@id`,
 * `3d` or `class_`, stays as it is.
 *
 * @typeParam K The key.
 * @typeParam C The case.
 */
export type KeyInCase<K, C extends Case> = K extends string ? string extends K ? K
  : K extends `${infer M extends "_" | "$"}${infer Rest}` ? `${M}${KeyInCase<Rest, C>}`
  : [KeyWords<K>] extends [never] ? K
  : WrittenWords<KeyWords<K>, C>
  : K;

/**
 * A value with all its keys in another case, also in nested objects and arrays. Functions and
 * instances of the platform's classes stay.
 *
 * @typeParam T The value.
 * @typeParam C The case.
 */
export type KeysInCase<T, C extends Case> = 0 extends 1 & T ? T
  : T extends
    | ((...args: never[]) => unknown)
    | (Date | RegExp | Error | URL | URLSearchParams | Blob | FormData)
    | (ArrayBuffer | ArrayBufferView | ReadonlyMap<unknown, unknown> | ReadonlySet<unknown>) ? T
  : T extends readonly unknown[] ? { [I in keyof T]: KeysInCase<T[I], C> }
  : T extends object ? { [K in keyof T as KeyInCase<K, C>]: KeysInCase<T[K], C> }
  : T;

type CharacterKind = "upper" | "lower" | "digit" | "separator" | "other";

function kindOf(character: string): CharacterKind {
  if (character >= "0" && character <= "9") return "digit";
  if (character === "_" || character === "-") return "separator";
  if (character !== character.toLowerCase()) return "upper";
  return character === character.toUpperCase() ? "other" : "lower";
}

/** The words of a key, `undefined` for one that is left as it is. As the type does it. */
function wordsOf(key: string): string[] | undefined {
  const characters = [...key];
  const words: string[] = [];
  let word = "";
  let last: CharacterKind = "separator";
  for (const [at, character] of characters.entries()) {
    const kind = kindOf(character);
    if (kind === "other") return undefined;
    if (kind === "digit" && word === "" && words.length === 0) return undefined;
    const next = characters[at + 1];
    const starts = kind === "separator" || kind === "upper" &&
        (last === "lower" || last === "digit" ||
          (last === "upper" && next !== undefined && kindOf(next) === "lower"));
    if (starts && word !== "") {
      words.push(word);
      word = "";
    }
    if (kind !== "separator") word += character;
    last = kind;
  }
  return last === "separator" ? undefined : [...words, word];
}

function capital(word: string): string {
  const [first = "", ...rest] = word.toLowerCase();
  return first.toUpperCase() + rest.join("");
}

/** A key in another case; see {@linkcode KeyInCase}. */
export function keyInCase(key: string, to: Case): string {
  const [marks = ""] = /^[_$]*/.exec(key) ?? [];
  const words = wordsOf(key.slice(marks.length));
  if (!words) return key;
  const lower = words.map((word) => word.toLowerCase());
  if (to === "snake") return marks + lower.join("_");
  if (to === "kebab") return marks + lower.join("-");
  const [first = "", ...rest] = lower;
  return marks + (to === "pascal" ? capital(first) : first) + rest.map(capital).join("");
}

/**
 * A copy of plain objects and arrays with all keys in another case. Everything else, instances of
 * classes and objects with a `toJSON` included, is taken as it is. As deep as it may be, since
 * what a server sends decides that.
 *
 * @param keep Says which keys stay, such as ids.
 */
export function keysInCase<T, C extends Case>(
  value: T,
  to: C,
  keep?: (key: string) => boolean,
): KeysInCase<T, C> {
  const copies = new Map<object, object>();
  const keys = new Map<string, string>();
  const left: [from: object, copy: object][] = [];
  const copyOf = (given: unknown): unknown => {
    if (!isContainer(given)) return given;
    let copy = copies.get(given);
    if (!copy) {
      copy = Array.isArray(given) ? [] : {};
      copies.set(given, copy);
      left.push([given, copy]);
    }
    return copy;
  };
  const result = copyOf(value);
  for (let item = left.pop(); item; item = left.pop()) {
    const [from, copy] = item;
    if (Array.isArray(from)) {
      for (const member of from) (copy as unknown[]).push(copyOf(member));
      continue;
    }
    for (const [name, member] of Object.entries(from)) {
      let key = keys.get(name);
      if (key === undefined) keys.set(name, key = keep?.(name) ? name : keyInCase(name, to));
      // Not an assignment: "__proto__" is a key as any other.
      Object.defineProperty(copy, key, {
        value: copyOf(member),
        writable: true,
        enumerable: true,
        configurable: true,
      });
    }
  }
  return result as KeysInCase<T, C>;
}

function isContainer(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return true;
  if (typeof (value as { toJSON?: unknown }).toJSON === "function") return false;
  const prototype = Object.getPrototypeOf(value);
  // The plain objects of other realms as well.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
