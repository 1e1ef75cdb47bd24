/**
 * Runs a program in a worker of its own and returns what it posts: modules that look at globals
 * when they are loaded see those that the program has put there.
 */
export async function elsewhere(program: string): Promise<unknown> {
  const url = `data:text/javascript,${encodeURIComponent(program)}`;
  const worker = new Worker(url, { type: "module" });
  try {
    return await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message));
      };
    });
  } finally {
    worker.terminate();
  }
}

/** The import of a module of `src/runtime/`, for a program. */
export function importOf(file: string): string {
  return `await import(${JSON.stringify(import.meta.resolve(`../../src/runtime/${file}`))})`;
}
