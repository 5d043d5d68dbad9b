import { open, rm, stat, utimes } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

const beatMs = 5000;
const staleMs = 30_000;

/**
 * Runs `work` while no other process holds the lock file, and waits while one does. A holder touches the file every
 * five seconds; one that died is taken over after thirty (process ids would not tell, when the cache is shared by
 * containers). The lock saves doing the work twice: the work itself must stay right when two do it.
 * @param onWait is called about four times a second with the time waited so far in ms.
 */
export async function withLock<T>(
  path: string,
  onWait: (waitedMs: number) => void,
  work: () => Promise<T>,
): Promise<T> {
  const startedAtMs = performance.now();
  while (!(await tryLock(path))) {
    onWait(performance.now() - startedAtMs);
    await delay(250);
  }
  const beat = setInterval(() => {
    const now = new Date();
    // A lock that somebody took from us is no reason to stop working: see above.
    utimes(path, now, now).catch(() => undefined);
  }, beatMs);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    await rm(path, { force: true });
  }
}

async function tryLock(path: string): Promise<boolean> {
  const file = await open(path, 'wx').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') return undefined;
    throw error;
  });
  if (file !== undefined) {
    await file.close();
    return true;
  }
  const touched = await stat(path).catch(() => undefined);
  if (touched !== undefined && Date.now() - touched.mtimeMs > staleMs) await rm(path, { force: true });
  return false;
}
