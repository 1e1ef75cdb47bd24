/**
 * What the figures were measured on.
 *
 * @module
 */

/** The machine of a run. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly server: string;
  /** Processes that wanted a core in the minute before. */
  readonly load: number;
}

/** Describes this machine. */
export function machineOf(server: string): Machine {
  return {
    cpu: cpuOf(),
    cores: navigator.hardwareConcurrency,
    memoryGiB: Math.round(Deno.systemMemoryInfo().total / 2 ** 30),
    system: `${Deno.build.os} ${Deno.osRelease()}`,
    server,
    load: Deno.loadavg()[0] ?? 0,
  };
}

function cpuOf(): string {
  try {
    const info = Deno.readTextFileSync("/proc/cpuinfo");
    return /^model name\s*:\s*(.+)$/m.exec(info)?.[1] ?? Deno.build.arch;
  } catch {
    return Deno.build.arch;
  }
}
