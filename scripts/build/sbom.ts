import { execFileSync } from 'node:child_process';
import type { BundledPackage } from './packages.ts';

/** A CycloneDX document, as far as we look into it. */
export interface Sbom {
  readonly bomFormat: string;
  readonly specVersion: string;
  readonly metadata: { readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly Dependencies[];
}

interface Component {
  readonly 'bom-ref': string;
  readonly name: string;
  readonly version: string;
}

interface Dependencies {
  readonly ref: string;
  readonly dependsOn?: readonly string[];
}

/**
 * What is in the bundle and nothing else, out of npm's own SBOM of the lockfile, with hashes and licences. The same
 * lockfile gives the same text: no time, no serial number, no version of npm.
 * @throws Error naming a package that is in the bundle and not in the lockfile
 */
export function sbomOf(root: string, packages: readonly BundledPackage[]): Sbom {
  const npm = ['sbom', '--sbom-format=cyclonedx', '--package-lock-only'];
  const text = execFileSync('npm', npm, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const all = JSON.parse(text) as Sbom; // npm's own
  const { component } = all.metadata;
  const refs = new Set(packages.map(({ name, version }) => `${name}@${version}`));
  const components = all.components.filter((each) => refs.has(each['bom-ref']));
  const known = new Set(components.map((each) => each['bom-ref']));
  const missing = [...refs].filter((ref) => !known.has(ref));
  if (missing.length > 0) throw new Error(`in the bundle, but not in package-lock.json: ${missing.join(', ')}`);
  const own = component['bom-ref'];
  return {
    ...documentOf(all),
    metadata: {
      component: { ...component, type: 'application', name: own.slice(0, own.lastIndexOf('@')) } as Component,
    },
    // What only development needs is as required as the rest once it is bundled.
    components: components.map((each) => ({ ...each, scope: 'required', properties: [] })),
    dependencies: all.dependencies
      .filter(({ ref }) => ref === own || refs.has(ref))
      .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((other) => refs.has(other)) })),
  };
}

function documentOf(all: Sbom): { readonly bomFormat: string; readonly specVersion: string; readonly version: number } {
  return { bomFormat: all.bomFormat, specVersion: all.specVersion, version: 1 };
}
