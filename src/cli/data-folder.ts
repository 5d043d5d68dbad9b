import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Takes a folder for this process alone: two that write their state there would lose each other's changes.
 * @returns gives it back
 * @throws Error naming the process that has it, or what is wrong with the folder
 */
export function claimFolder(folder: string): () => void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const mark = join(folder, 'in-use.pid');
  const owner = ownerIn(mark);
  if (owner !== undefined) {
    throw new Error(`${folder} is in use by process ${owner}: stop it, or take another folder with --data`);
  }
  rmSync(mark, { force: true }); // of one that was killed
  writeFileSync(mark, String(process.pid), { flag: 'wx' });
  return () => rmSync(mark, { force: true });
}

/** The process that has the folder and lives; undefined: none. */
function ownerIn(mark: string): number | undefined {
  try {
    const pid = Number(readFileSync(mark, 'utf8'));
    process.kill(pid, 0);
    return pid === process.pid ? undefined : pid; // in a container whoever starts has the number of who was killed
  } catch {
    return undefined; // no such file, or no such process
  }
}
