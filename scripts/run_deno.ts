/**
 * Starting the Deno that runs this script once more.
 *
 * Every script goes through here: where Deno came from `npx`, there is no `deno` on PATH.
 *
 * @module
 */

/** How a Deno child is run. */
export interface RunOptions {
  /** Variables added to the inherited environment. */
  env?: Record<string, string>;
  /** Working folder; the current one by default. */
  cwd?: string;
  /** Milliseconds after which the child is killed and counts as failed. */
  limitMs?: number;
}

/** What a finished child left. */
export interface RunResult {
  /** Exit code; 124 when the time limit ended it. */
  code: number;
  /** Standard output and standard error, one after the other. */
  output: string;
}

/** Runs the current Deno with `args`, sharing this process's terminal, and returns its exit code. */
export async function passThrough(args: string[], options: RunOptions = {}): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), {
    args,
    stdin: "inherit",
    ...(options.env && { env: options.env }),
    ...(options.cwd && { cwd: options.cwd }),
  }).spawn();
  return (await child.status).code;
}

/** Runs the current Deno with `args` and keeps what it prints. */
export function capture(args: string[], options: RunOptions = {}): Promise<RunResult> {
  return captureCommand(Deno.execPath(), args, options);
}

/** Runs any program with `args` and keeps what it prints. */
export async function captureCommand(
  program: string,
  args: string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), options.limitMs ?? 10 * 60_000);
  try {
    const { code, stdout, stderr } = await new Deno.Command(program, {
      args,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      signal: limit.signal,
      ...(options.env && { env: options.env }),
      ...(options.cwd && { cwd: options.cwd }),
    }).output();
    const text = new TextDecoder();
    return {
      code: limit.signal.aborted ? 124 : code,
      output: text.decode(stdout) + text.decode(stderr),
    };
  } finally {
    clearTimeout(timer);
  }
}
