/** Longer than anything takes on a busy machine: only what hangs gets there. */
const PATIENCE_MS = 45_000;

/**
 * Waits in real time for what only a call can tell; asks the less often the longer it takes.
 * @throws Error naming `what`, also where a call is not answered
 */
export async function until(what: string, isSo: () => Promise<boolean>, timeoutMs = PATIENCE_MS): Promise<void> {
  const start = performance.now();
  while (!(await within(`an answer to whether ${what}`, isSo(), timeoutMs))) {
    const waitedMs = performance.now() - start;
    if (waitedMs > timeoutMs) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    const pauseMs = Math.min(100, Math.max(5, waitedMs / 8));
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

/** What the promise comes to. @throws Error naming `what`, once that takes too long */
export async function within<T>(what: string, promise: Promise<T>, timeoutMs = PATIENCE_MS): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`not within ${timeoutMs} ms: ${what}`)), timeoutMs);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
