import { stringify } from 'yaml';
import { crdOf } from '../../src/api/crd.ts';
import { KINDS } from '../../src/api/kinds.ts';

/** Where the definitions of each release are kept, from the root of the project. */
export function frozenPath(version: string): string {
  return `test/fixtures/definitions/${version}.yaml`;
}

/** Today's definitions as a release freezes them: all that decides what is stored, and no descriptions. */
export function frozenText(version: string): string {
  const head = `# The definitions of ${version}, frozen by its release. Never edited: what they took must be taken for ever.\n`;
  const bodies = KINDS.map((kind) =>
    stringify(withoutDescriptions(crdOf(kind)), { lineWidth: 0, aliasDuplicateObjects: false }),
  );
  return `${head}${bodies.join('---\n')}`;
}

/** `description` beside a `type` is a text about the field; as the name of a field it has a schema. */
function withoutDescriptions(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withoutDescriptions);
  if (typeof node !== 'object' || node === null) return node;
  const kept = Object.entries(node).filter(([key, value]) => key !== 'description' || typeof value !== 'string');
  return Object.fromEntries(kept.map(([key, value]) => [key, withoutDescriptions(value)]));
}
