import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Contents of objects and parts, by an id of our own; never changed once put. */
export interface Bodies {
  /** Keeps the bytes and returns their id. */
  put(content: Buffer): string;
  /** @throws Error for an id that was never put, or was dropped */
  get(id: string): Buffer;
  /** Forgets the bytes once the next flush is through. */
  drop(id: string): void;
  /** Makes what was put durable. Called before the state that names it is written. */
  flush(): void;
  /** Removes what was dropped, and what is in no `live` set. Called after the state is written. */
  sweep(live?: ReadonlySet<string>): void;
}

const newId = (): string => randomBytes(16).toString('hex');

/** Contents in memory. */
export function memoryBodies(): Bodies {
  const contents = new Map<string, Buffer>();
  return {
    put: (content) => {
      const id = newId();
      contents.set(id, content);
      return id;
    },
    get: (id) => known(contents.get(id), id),
    drop: (id) => void contents.delete(id),
    flush: () => undefined,
    sweep: () => undefined,
  };
}

/** Contents in files of `folder`, one a body. What is not flushed yet is in memory. */
export function fileBodies(folder: string): Bodies {
  mkdirSync(folder, { recursive: true });
  const fresh = new Map<string, Buffer>();
  const dropped = new Set<string>();
  return {
    put: (content) => {
      const id = newId();
      fresh.set(id, content);
      return id;
    },
    get: (id) => fresh.get(id) ?? readFileSync(join(folder, id)),
    drop: (id) => {
      if (!fresh.delete(id)) dropped.add(id);
    },
    flush: () => {
      for (const [id, content] of fresh) writeFileSync(join(folder, id), content, { flush: true });
      fresh.clear();
    },
    sweep: (live) => {
      const orphans = live === undefined ? [] : readdirSync(folder).filter((id) => !live.has(id));
      for (const id of [...dropped, ...orphans]) rmSync(join(folder, id), { force: true });
      dropped.clear();
    },
  };
}

function known(content: Buffer | undefined, id: string): Buffer {
  if (content === undefined) throw new Error(`body ${id} is not there`);
  return content;
}
