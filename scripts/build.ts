import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { bundle } from './build/bundle.ts';
import { thirdPartyLicenses } from './build/licenses.ts';
import { packagesOf } from './build/packages.ts';
import { sbomOf } from './build/sbom.ts';

/** `npm run build`: everything that the image adds to its base, in `dist/`. */
const ROOT = join(import.meta.dirname, '..');
const DIST = join(ROOT, 'dist');
/** Of the project, beside the bundle: its licence, and the sample that `dev` and `demo` apply. */
const COPIED = ['LICENSE', 'examples/quickstart.yaml'];

rmSync(DIST, { recursive: true, force: true });
const metafile = await bundle(ROOT, DIST);
const packages = packagesOf(ROOT, metafile);
writeFileSync(join(DIST, 'THIRD-PARTY-LICENSES'), thirdPartyLicenses(ROOT, packages));
writeFileSync(join(DIST, 'sbom.cdx.json'), `${JSON.stringify(sbomOf(ROOT, packages), null, 1)}\n`);
mkdirSync(join(DIST, 'examples'));
for (const path of COPIED) copyFileSync(join(ROOT, path), join(DIST, path));

const entries = readdirSync(DIST, { recursive: true, withFileTypes: true });
const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
console.log(`dist/: ${packages.length} packages bundled`);
tell('modules', (file) => file.endsWith('.mjs'));
tell('source maps', (file) => file.endsWith('.map'));
tell('all', () => true);

function tell(what: string, isMeant: (file: string) => boolean): void {
  const meant = files.filter(isMeant);
  const bytes = meant.reduce((sum, file) => sum + statSync(file).size, 0);
  const packed = gzipSync(Buffer.concat(meant.map((file) => readFileSync(file)))).length;
  console.log(`${what.padEnd(12)} ${meant.length} files, ${kilobytes(bytes)}, ${kilobytes(packed)} by gzip`);
}

function kilobytes(bytes: number): string {
  return `${Math.round(bytes / 1_000)} kB`;
}
