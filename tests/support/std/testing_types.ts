// deno-lint-ignore-file no-unused-vars -- the parameters are the assertion
/** Stand-in for `@std/testing/types` where JSR cannot be reached. */

export function assertType<T extends boolean>(expectTrue: T): void {}

export type AssertTrue<T extends true> = never;
export type AssertFalse<T extends false> = never;
export type Assert<T extends boolean, Expected extends T> = never;

export type IsAny<T> = 0 extends (1 & T) ? true : false;
export type IsNever<T> = [T] extends [never] ? true : false;
export type IsUnknown<T> = unknown extends T ? ([T] extends [null] ? false : true) : false;
export type IsNullable<T> = [Extract<T, null | undefined>] extends [never] ? false : true;
export type Has<T, U> = IsAny<T> extends true ? true
  : IsAny<U> extends true ? false
  : [Extract<T, U>] extends [never] ? false
  : true;
export type NotHas<T, U> = Has<T, U> extends true ? false : true;

/** Identity of two generic function types is the compiler's own test for identical types. */
type Identical<T, U> = (<X>() => X extends T ? 1 : 2) extends (<X>() => X extends U ? 1 : 2) ? true
  : false;

/** Resolves intersections, so that `{ a: 1 } & { b: 2 }` is `{ a: 1; b: 2 }`. */
type Flat<T> = T extends (...args: never[]) => unknown ? T : { [K in keyof T]: T[K] };

export type IsExact<T, U> = Identical<T, U> extends true ? true : Identical<Flat<T>, Flat<U>>;
