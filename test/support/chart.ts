import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { run } from '../cluster/control-plane/run-command.ts';

/** The folder of the chart. */
export const CHART = fileURLToPath(new URL('../../chart/wasabi-s3-operator', import.meta.url));
/** The namespace that releases of the tests are rendered for. */
export const RELEASE_NAMESPACE = 'wasabi-system';

/** An object of Kubernetes as the chart renders it. */
export interface Rendered {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly annotations?: object };
  readonly [part: string]: unknown;
}

/** What `helm template` prints for these values. @throws Error with what Helm says when it refuses them */
export async function renderText(helm: string, values: object, ...flags: readonly string[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'chart-'));
  try {
    const file = join(folder, 'values.json');
    writeFileSync(file, JSON.stringify(values));
    // Helm that was built from its module knows no version of Kubernetes.
    const args = [
      'template',
      'wasabi-s3-operator',
      CHART,
      '-n',
      RELEASE_NAMESPACE,
      '-f',
      file,
      '--kube-version=1.36.0',
    ];
    return await run(helm, [...args, ...flags], { env: { PATH: process.env['PATH'], HOME: folder } });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The objects of a rendered chart. */
export function objectsOf(text: string): readonly Rendered[] {
  return parseAllDocuments(text).flatMap((document) => {
    const object = document.toJS() as Rendered | null; // our own chart
    return object === null ? [] : [object];
  });
}
