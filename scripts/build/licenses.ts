import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BundledPackage } from './packages.ts';

/** Licences that ask for no more than their text, which the image carries. */
const PERMISSIVE = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'MIT',
  'Unlicense',
]);
const TEXT_FILE = /^(licen[cs]e|copying|notice)/i;
const RULE = '-'.repeat(100);

/**
 * The licences of what is bundled, each text once, after the packages that it is of.
 * @throws Error naming the packages whose licence is unknown or asks for more than its text
 */
export function thirdPartyLicenses(root: string, packages: readonly BundledPackage[]): string {
  const strangers = packages.filter(({ license = '' }) => !PERMISSIVE.has(license));
  if (strangers.length > 0) {
    const named = strangers.map(({ name, version, license }) => `${name}@${version} (${license ?? 'no licence'})`);
    throw new Error(
      `These licences are not among those that the image may carry, ${[...PERMISSIVE].join(', ')}: ${named.join(', ')}. ` +
        'Look at them, then add them to scripts/build/licenses.ts or do without the package.',
    );
  }
  const byText = Map.groupBy(packages, (each) => textOf(root, each));
  const sections = [...byText].map(([text, those]) => {
    const heads = those.map(({ name, version, license }) => `${name} ${version} (${license})`);
    return `${RULE}\n${heads.join('\n')}\n\n${text}\n`;
  });
  return `What is bundled into the Wasabi S3 Operator, and the licence of each.\n\n${sections.join('\n')}`;
}

function textOf(root: string, { folder, license }: BundledPackage): string {
  const files = readdirSync(join(root, folder)).filter((name) => TEXT_FILE.test(name));
  if (files.length === 0) return `The package carries no text of its licence; it says that it is under ${license}.`;
  return files
    .sort()
    .map((name) =>
      readFileSync(join(root, folder, name), 'utf8')
        .replaceAll('\r\n', '\n')
        .trim(),
    )
    .join('\n\n');
}
