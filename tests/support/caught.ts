/** What a call throws; that it throws nothing fails the test. */
export function caught(call: () => unknown): Error {
  try {
    call();
  } catch (error) {
    return error as Error;
  }
  throw new Error("Expected the call to fail");
}
