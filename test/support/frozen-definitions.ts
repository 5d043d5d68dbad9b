import { readdirSync, readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import type { Crd } from '../../src/api/crd.ts';

const FOLDER = new URL('../fixtures/definitions/', import.meta.url);

/** The versions of the operator whose definitions are kept, as `X.Y.Z`. */
export function frozenVersions(): readonly string[] {
  return readdirSync(FOLDER).map((file) => file.replace(/\.yaml$/, ''));
}

/** The definitions of that release, without descriptions, one a kind. */
export function frozenDefinitions(version: string): readonly Crd[] {
  const text = readFileSync(new URL(`${version}.yaml`, FOLDER), 'utf8');
  return parseAllDocuments(text).map((document) => document.toJS() as Crd); // written by scripts/release/freeze.ts
}
