import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ApiObject } from './object.ts';

const FILE = 'cluster.json';
const FORMAT = 1;

/** What outlives a restart: every object, the newest revision, and what kubeconfigs hold. */
export interface Kept {
  readonly token: string;
  /** Where it was served; absent: of an older file. */
  readonly port?: number | undefined;
  readonly revision: number;
  /** By the id of their table. */
  readonly objects: Readonly<Record<string, readonly ApiObject[]>>;
}

/**
 * Reads what a folder keeps; `undefined`: nothing yet.
 * @throws Error naming the file when it is of another format or cannot be read
 */
export function readKept(folder: string): Kept | undefined {
  const file = join(folder, FILE);
  if (!existsSync(file)) return undefined;
  const { format, ...kept } = parsed(file);
  if (format === FORMAT) return kept;
  throw new Error(`${file}: format ${String(format)} is not ${FORMAT}: use another folder`);
}

/** Writes it whole under another name, then under its own: a crash leaves either the old state or the new one. */
export function writeKept(folder: string, kept: Kept): void {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, FILE);
  // Secrets are in it.
  writeFileSync(`${file}.next`, JSON.stringify({ format: FORMAT, ...kept }), { mode: 0o600, flush: true });
  renameSync(`${file}.next`, file);
}

/** Written by `writeKept` alone, so that the format vouches for the rest. */
function parsed(file: string): Kept & { readonly format?: unknown } {
  try {
    return Object(JSON.parse(readFileSync(file, 'utf8'))) as ReturnType<typeof parsed>;
  } catch (cause) {
    throw new Error(`${file} cannot be read: ${String(cause)}: use another folder`, { cause });
  }
}
