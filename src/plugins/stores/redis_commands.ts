/** What a store uses of a client of the npm package `ioredis`. */
export interface IoRedisClient {
  /**
   * Sends a command.
   *
   * @param command Its name.
   * @param args Its arguments.
   */
  call(command: string, ...args: string[]): Promise<unknown>;
}

/** What a store uses of a client of the npm package `redis`. */
export interface NodeRedisClient {
  /**
   * Sends a command.
   *
   * @param args Its name and arguments.
   */
  sendCommand(args: string[]): Promise<unknown>;
}

/** Sends a command to the server. */
export type Send = (command: string, ...args: string[]) => Promise<unknown>;

/**
 * The way to send commands with a client of either package.
 *
 * @throws {TypeError} If it is a client of neither.
 */
export function commandsOf(client: IoRedisClient | NodeRedisClient): Send {
  // ioredis has a `sendCommand` too, which takes something else.
  if ("call" in client && typeof client.call === "function") {
    return (command, ...args) => client.call(command, ...args);
  }
  if ("sendCommand" in client && typeof client.sendCommand === "function") {
    return (...args) => client.sendCommand(args);
  }
  throw new TypeError(
    'Cannot make a store: give a client of the npm package "redis" or "ioredis"',
  );
}
