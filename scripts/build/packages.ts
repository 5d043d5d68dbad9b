import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';

/** A package with code in the bundle. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** As the package says it: an SPDX expression; undefined: it says nothing. */
  readonly license: string | undefined;
  /** Where it is installed, from the root of the project. */
  readonly folder: string;
}

/** The packages of which some code is in the bundle, sorted by name and version. */
export function packagesOf(root: string, { outputs }: Metafile): readonly BundledPackage[] {
  const files = Object.values(outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
  );
  const folders = new Set(files.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []));
  const packages = [...folders].map((folder): BundledPackage => {
    const manifest: unknown = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    const { name, version, license } = Object(manifest) as Readonly<Record<string, string | undefined>>; // npm has checked it
    if (name === undefined || version === undefined)
      throw new Error(`${folder}/package.json has no name or no version`);
    return { name, version, license, folder };
  });
  return packages.sort((a, b) => compare(`${a.name}@${a.version}`, `${b.name}@${b.version}`));
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
