import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileBodies } from './bodies.ts';
import { type Bucket, emptyState, type State } from './state.ts';

const STATE_FILE = 'state.json';
const FORMAT = 2;

/** Marks of what JSON has no word for. */
const MAP = '$map';
const BIGINT = '$bigint';

/**
 * Reads what a folder keeps, or begins anew.
 * @throws Error naming the file when it is of another format or cannot be read
 */
export function openState(folder: string): State {
  mkdirSync(folder, { recursive: true });
  const bodies = fileBodies(join(folder, 'bodies'));
  const file = join(folder, STATE_FILE);
  if (!existsSync(file)) return emptyState(bodies);
  const stored = readState(file);
  if (stored.format !== FORMAT) {
    throw new Error(`${file}: format ${String(stored.format)} is not ${FORMAT}: use another folder`);
  }
  const state: State = { ...emptyState(bodies), ...stored.state };
  bodies.sweep(liveBodies(state));
  return state;
}

/**
 * Writes the state whole: bodies first, then the file that names them under another name, then that name. A crash
 * leaves either the old state or the new one.
 */
export function saveState(folder: string, state: State): void {
  const { bodies, ...rest } = state;
  bodies.flush();
  const file = join(folder, STATE_FILE);
  writeFileSync(`${file}.next`, JSON.stringify({ format: FORMAT, state: rest }, replace), { flush: true });
  renameSync(`${file}.next`, file);
  bodies.sweep();
}

/** Written by `saveState` alone, so that the format vouches for the rest; an older one knew fewer fields. */
function readState(file: string): { readonly format?: unknown; readonly state: Partial<Omit<State, 'bodies'>> } {
  try {
    return Object(JSON.parse(readFileSync(file, 'utf8'), revive)) as ReturnType<typeof readState>;
  } catch (cause) {
    throw new Error(`${file} cannot be read: ${String(cause)}: use another folder`, { cause });
  }
}

function liveBodies(state: State): ReadonlySet<string> {
  const ids = [...state.buckets.values()].flatMap((bucket: Bucket) => [
    ...[...bucket.objects.values()].flat().flatMap(({ bodyId }) => (bodyId === undefined ? [] : [bodyId])),
    ...[...bucket.uploads.values()].flatMap(({ parts }) => [...parts.values()].map(({ bodyId }) => bodyId)),
  ]);
  return new Set(ids);
}

function replace(_key: string, value: unknown): unknown {
  if (value instanceof Map) return { [MAP]: [...value] };
  return typeof value === 'bigint' ? { [BIGINT]: value.toString() } : value;
}

function revive(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (MAP in value) return new Map(value[MAP] as [unknown, unknown][]); // what `replace` wrote
  return BIGINT in value ? BigInt(value[BIGINT] as string) : value; // what `replace` wrote
}
