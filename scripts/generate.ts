import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { conditionsPage } from '../src/api/conditions-page.ts';
import { crdOf } from '../src/api/crd.ts';
import { eventsPage } from '../src/api/events-page.ts';
import type { KindDefinition } from '../src/api/kind-definition.ts';
import { KINDS } from '../src/api/kinds.ts';
import { referencePage } from '../src/api/reference-page.ts';
import { emulatorPage } from '../src/cli/emulator-page.ts';
import { configurationMarkdown } from '../src/config.ts';
import { metricsMarkdown } from '../src/telemetry/metrics-table.ts';
import { errorTableMarkdown } from '../src/wasabi/errors.ts';
import { peerPage } from '../test/peer/peer-page.ts';
import { chartReadme, definitionTemplate, rightsFile, schemaFile } from './chart.ts';
import { chartYaml } from './chart-metadata.ts';
import { installManifest, namespaceManifest } from './deploy.ts';
import { emulatorRowsPage } from './emulator-rows.ts';
import { kubernetesYaml } from './kubernetes-yaml.ts';
import { logsPage } from './logs-page.ts';
import { alertsFile, alertsPage, runbookPage } from './monitoring/alert-files.ts';
import { ALERTS } from './monitoring/alerts.ts';
import { dashboardFile } from './monitoring/dashboard.ts';
import { dashboardPage, dashboardPictureFile } from './monitoring/dashboard-page.ts';
import { operatorPolicyPage } from './operator-policy-page.ts';
import { rotationPicture } from './pictures/rotation.ts';
import { troubleshootingPage } from './troubleshooting-page.ts';

/** One file that is made of the source, never written by hand. */
interface GeneratedFile {
  /** From the root of the project. */
  readonly path: string;
  readonly text: () => string;
}

const CHART = 'chart/wasabi-s3-operator';
/** As plain files for kubectl, and as templates of the chart: Helm installs a folder crds/ once and never upgrades it. */
const CRD_FOLDER = `${CHART}/crds`;
const CRD_TEMPLATES = `${CHART}/templates/definitions`;

/** One page an alert. */
const RUNBOOK_FOLDER = 'docs/operations/runbooks';

/** To generate another file, add a line. */
const files: readonly GeneratedFile[] = [
  ...KINDS.map((kind) => ({ path: `${CRD_FOLDER}/${kind.type.plural}.yaml`, text: () => crdYaml(kind) })),
  ...KINDS.map((kind) => ({
    path: `${CRD_TEMPLATES}/${kind.type.plural}.yaml`,
    text: () => definitionTemplate(crdOf(kind)),
  })),
  { path: `${CHART}/Chart.yaml`, text: chartYaml },
  { path: `${CHART}/files/rights.yaml`, text: rightsFile },
  { path: `${CHART}/files/alerts.yaml`, text: alertsFile },
  { path: `${CHART}/files/dashboard.json`, text: dashboardFile },
  { path: 'docs/operations/alerts.md', text: alertsPage },
  { path: 'docs/operations/logs.md', text: logsPage },
  { path: 'docs/operations/dashboard.md', text: dashboardPage },
  { path: 'docs/operations/dashboard.svg', text: dashboardPictureFile },
  { path: 'docs/operations/troubleshooting.md', text: troubleshootingPage },
  ...ALERTS.map((alert) => ({ path: `${RUNBOOK_FOLDER}/${alert.name}.md`, text: () => runbookPage(alert) })),
  { path: `${CHART}/values.schema.json`, text: schemaFile },
  { path: `${CHART}/README.md`, text: chartReadme },
  { path: 'deploy/install.yaml', text: installManifest },
  { path: 'deploy/namespace/roles.yaml', text: namespaceManifest },
  ...KINDS.map((kind) => page(kind.singular, () => referencePage(kind))),
  page('conditions', conditionsPage),
  page('events', eventsPage),
  page('errors', errorTableMarkdown),
  page('metrics', metricsMarkdown),
  page('configuration', configurationMarkdown),
  page('emulator', emulatorPage),
  page('emulator-rows', emulatorRowsPage),
  page('peer-differences', peerPage),
  page('operator-policy', operatorPolicyPage),
  { path: 'docs/access-key-rotation.svg', text: rotationPicture },
];

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const isCheck = process.argv.includes('--check');
const stale = await staleFiles();
const strayPaths = await strays();
if (isCheck && stale.length > 0) fail('Stale, run "npm run generate"', stale);
if (strayPaths.length > 0) fail('Made of nothing any more, delete', strayPaths);

function fail(what: string, paths: readonly string[]): void {
  console.error(`${what}:\n${paths.map((path) => `  ${path}`).join('\n')}`);
  process.exitCode = 1;
}

async function staleFiles(): Promise<readonly string[]> {
  const changed: string[] = [];
  for (const { path, text } of files) {
    const target = join(root, path);
    const wanted = text();
    if ((await readIfThere(target)) === wanted) continue;
    changed.push(path);
    if (isCheck) continue;
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, wanted);
    console.log(`wrote ${path}`);
  }
  return changed;
}

/** Definitions that no kind stands for any more, which the chart would install, and runbooks of no alert. */
async function strays(): Promise<readonly string[]> {
  const known = new Set(files.map(({ path }) => path));
  const found: string[] = [];
  for (const folder of [CRD_FOLDER, CRD_TEMPLATES, RUNBOOK_FOLDER]) {
    const names = existsSync(join(root, folder)) ? await readdir(join(root, folder)) : [];
    found.push(...names.map((name) => `${folder}/${name}`));
  }
  return found.filter((path) => !known.has(path));
}

function page(name: string, text: () => string): GeneratedFile {
  return {
    path: `docs/reference/${name}.md`,
    text: () => `<!-- Generated by "npm run generate" from the source; edits are lost. -->\n\n${text()}`,
  };
}

function crdYaml(kind: KindDefinition): string {
  const yaml = kubernetesYaml(crdOf(kind));
  return `# Generated by "npm run generate" from src/api; edits are lost.\n${yaml}`;
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
