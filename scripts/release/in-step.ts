import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { frozenPath } from './frozen.ts';

const named = z.looseObject({ version: z.string() });
const lockfile = named.extend({ packages: z.looseObject({ '': named }) });
const chart = named.extend({ appVersion: z.string() });

/** The version that `package.json` in that folder names. */
export function versionOf(root: string): string {
  return named.parse(JSON.parse(text(root, 'package.json') ?? '{}')).version;
}

/**
 * What in that folder does not go by the version of `package.json`: lockfile, chart, changelog, frozen definitions. One
 * sentence each, with what to do.
 */
export function versionProblems(root: string): readonly string[] {
  const version = versionOf(root);
  const lock = lockfile.parse(JSON.parse(text(root, 'package-lock.json') ?? '{}'));
  const { version: chartVersion, appVersion } = chart.parse(parse(text(root, CHART_FILE) ?? ''));
  const said: readonly (readonly [where: string, says: string])[] = [
    ['package-lock.json', lock.version],
    ['package-lock.json, the root package', lock.packages[''].version],
    [`${CHART_FILE}, version`, chartVersion],
    [`${CHART_FILE}, appVersion`, appVersion],
    ...readdirSync(join(root, RENDERED_FOLDER)).map((file): [string, string] => {
      const path = `${RENDERED_FOLDER}/${file}`;
      return [path, renderedVersion(text(root, path) ?? '') ?? 'nothing'];
    }),
  ];
  const wrong = said.filter(([, says]) => says !== version);
  const changelog = text(root, 'CHANGELOG.md') ?? '';
  const hasSection = changelog.split('\n').includes(`## ${version}`);
  return [
    ...wrong.map(([where, says]) => `${where}: says ${says}, package.json ${version}: run "npm run release -- sync"`),
    ...(hasSection ? [] : [`CHANGELOG.md: has no section "## ${version}"`]),
    ...(text(root, frozenPath(version)) === undefined
      ? [`${frozenPath(version)}: is not there: run "npm run release -- sync"`]
      : []),
  ];
}

/** What Helm makes of the chart, from the root of the project: the version stands in it, and manifests are made of it. */
export const RENDERED_FOLDER = 'test/chart/golden';
const RENDERED_VERSION = /^( *(?:app\.kubernetes\.io\/version: "?|helm\.sh\/chart: wasabi-s3-operator-))([^"\n]+)/gm;
const RENDERED_IMAGE = /^( *image: "ghcr\.io\/cloud37\/wasabi-s3-operator:)([^"\n]+)/gm;

/** The same rendered manifests for another version; images that the values name stay as they are. */
export function withRenderedVersion(manifests: string, from: string, to: string): string {
  const replaced = (whole: string, before: string, says: string) => (says === from ? `${before}${to}` : whole);
  return manifests.replaceAll(RENDERED_VERSION, replaced).replaceAll(RENDERED_IMAGE, replaced);
}

/** The version that rendered manifests bear. */
function renderedVersion(manifests: string): string | undefined {
  return [...manifests.matchAll(RENDERED_VERSION)][0]?.[2];
}

/** The version that the chart in that folder has. */
export function chartVersionOf(root: string): string {
  return chart.parse(parse(text(root, CHART_FILE) ?? '')).version;
}

/** The metadata of the chart, from the root of the project. */
export const CHART_FILE = 'chart/wasabi-s3-operator/Chart.yaml';

/** The lockfile with another version of the root package, else as it was. */
export function withLockVersion(lockText: string, version: string): string {
  const lock = lockfile.parse(JSON.parse(lockText));
  const root = { ...lock.packages[''], version };
  return `${JSON.stringify({ ...lock, version, packages: { ...lock.packages, '': root } }, undefined, 2)}\n`;
}

function text(root: string, path: string): string | undefined {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
