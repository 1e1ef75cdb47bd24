/** How the words of a key are written: `userId`, `user_id`, `user-id`, `UserId`. */
export type Case = "camel" | "snake" | "kebab" | "pascal";

type Digit = "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9";
type Mark = "_" | "$";
type Separator = "_" | "-";

/** Whether a character is an upper or lower case letter, or neither. */
type Kind<C extends string> = C extends Digit ? "digit"
  : C extends Separator ? "separator"
  : C extends Lowercase<C> ? C extends Uppercase<C> ? "other" : "lower"
  : "upper";

/** Whether the next character starts a lower case word: the `P` of `HTMLParser`. */
type StartsLower<S extends string> = S extends `${infer C}${string}`
  ? Kind<C> extends "lower" ? true
  : false
  : false;

/** The words of a key, or `never` for one that is left as it is. As `wordsOf` does it. */
type Words<
  S extends string,
  Done extends readonly string[] = [],
  Word extends string = "",
  Last extends string = "separator",
> = S extends `${infer C}${infer Rest}`
  ? Kind<C> extends "separator" ? Words<Rest, Word extends "" ? Done : [...Done, Word]>
  : Kind<C> extends "other" ? never
  : [Kind<C>, Word, Done] extends ["digit", "", []] ? never
  : Kind<C> extends "upper"
    ? Last extends "lower" | "digit" ? Words<Rest, [...Done, Word], C, "upper">
    : [Last, StartsLower<Rest>] extends ["upper", true] ? Words<Rest, [...Done, Word], C, "upper">
    : Words<Rest, Done, `${Word}${C}`, "upper">
  : Words<Rest, Done, `${Word}${C}`, Kind<C>>
  : Last extends "separator" ? never
  : [...Done, Word];

type Joined<W extends readonly string[], Between extends string> = W extends
  readonly [infer First extends string, ...infer Rest extends readonly string[]]
  ? Rest extends readonly [] ? Lowercase<First>
  : `${Lowercase<First>}${Between}${Joined<Rest, Between>}`
  : "";

type Capitals<W extends readonly string[]> = W extends
  readonly [infer First extends string, ...infer Rest extends readonly string[]]
  ? `${Capitalize<Lowercase<First>>}${Capitals<Rest>}`
  : "";

type Written<W extends readonly string[], C extends Case> = C extends "snake" ? Joined<W, "_">
  : C extends "kebab" ? Joined<W, "-">
  : C extends "pascal" ? Capitals<W>
  : Uncapitalize<Capitals<W>>;

/**
 * A key in another case. Leading `_` and `$` stay; what is no name of words, such as `a.b`, `@id`,
 * `3d` or `class_`, stays as it is.
 *
 * @typeParam K The key.
 * @typeParam C The case.
 */
export type KeyInCase<K, C extends Case> = K extends string ? string extends K ? K
  : K extends `${infer M extends Mark}${infer Rest}` ? `${M}${KeyInCase<Rest, C>}`
  : [Words<K>] extends [never] ? K
  : Words<K> extends infer W extends readonly string[] ? Written<W, C>
  : K
  : K;

// Values that have no keys of their own, and instances, which are not converted.
type Leaf =
  | ((...args: never[]) => unknown)
  | Date
  | RegExp
  | Error
  | URL
  | URLSearchParams
  | Blob
  | FormData
  | ArrayBuffer
  | ArrayBufferView
  | ReadonlyMap<unknown, unknown>
  | ReadonlySet<unknown>;

/**
 * A value with all its keys in another case, also in nested objects and arrays.
 *
 * @typeParam T The value.
 * @typeParam C The case.
 */
export type KeysInCase<T, C extends Case> = 0 extends 1 & T ? T
  : T extends Leaf ? T
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

/** The words of a key, `undefined` for one that is left as it is. As the type `Words` does it. */
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
