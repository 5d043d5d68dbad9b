import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { sharedControlPlane } from '../support/control-plane-environment.ts';
import { ensureKubeScore, KUBE_SCORE_VERSION } from './kube-score.ts';

/** What a linter of policies says to the manifests: docs/manifest-lint.md. */

const skip = sharedControlPlane() === undefined ? 'npm run test:cluster runs it' : false;
const ROOT = join(import.meta.dirname, '../..');
const PAGE = join(ROOT, 'docs/manifest-lint.md');
const isUpdating = process.env['UPDATE_GOLDEN'] === '1';

/** What is looked at: the defaults, and what the chart makes for a cluster that closes the network. */
const SUBJECTS: Readonly<Record<string, string>> = {
  '`deploy/install.yaml`': 'deploy/install.yaml',
  'chart, `networkPolicy.enabled`': 'test/chart/golden/network-policy.yaml',
};

/** Checks that are not met on purpose. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'container-resources':
    'it asks for a limit of CPU: one throttles the operator in the crowd of a start, and protects nobody; requests share the CPU fairly. `resources` sets one',
  'container-cpu-requests-equal-limits': 'no limit of CPU: see `container-resources`',
  'container-memory-requests-equal-limits':
    'the limit is for thousands of objects, the request for what most clusters have; `resources` makes them equal',
  'container-resource-requests-equal-limits': 'of CPU and memory: see the other two',
  'container-image-pull-policy':
    '`image.digest` pins the image; `Always` would keep pods from starting while the registry is away',
  'deployment-has-host-podantiaffinity':
    'topology spread constraints keep the replicas on other nodes and in other zones, and let them start where there is one node',
  'pod-networkpolicy':
    'off by default, since addresses and ports of the Kubernetes API differ from cluster to cluster: `networkPolicy.enabled`',
};

const report = z.array(
  z.object({
    object_name: z.string(),
    checks: z.array(
      z.object({
        check: z.object({ id: z.string(), comment: z.string() }),
        grade: z.number(),
        skipped: z.boolean(),
      }),
    ),
  }),
);
/** Of kube-score: anything below is a finding. */
const ALL_RIGHT = 10;

interface Verdict {
  readonly meaning: string;
  /** By subject; absent: no object that the check is about. */
  readonly isMet: Readonly<Record<string, boolean>>;
}

test('manifests: the linter finds nothing but what docs/manifest-lint.md explains', { skip }, async (t) => {
  const program = await ensureKubeScore();
  if (program === undefined) return t.skip('neither kube-score nor Go is installed');
  const verdicts = new Map<string, Verdict>();
  for (const [subject, file] of Object.entries(SUBJECTS)) {
    for (const { check, grade } of lint(program, readFileSync(join(ROOT, file), 'utf8'))) {
      const known = verdicts.get(check.id) ?? { meaning: check.comment, isMet: {} };
      const isMet = { ...known.isMet, [subject]: (known.isMet[subject] ?? true) && grade >= ALL_RIGHT };
      verdicts.set(check.id, { ...known, isMet });
    }
  }
  const unmet = [...verdicts].filter(([, { isMet }]) => Object.values(isMet).includes(false)).map(([id]) => id);
  assert.deepEqual(unmet.sort(), Object.keys(EXCEPTIONS).sort(), 'findings, and those that are explained');
  const page = pageOf(verdicts);
  if (isUpdating) writeFileSync(PAGE, page);
  assert.equal(page, readFileSync(PAGE, 'utf8'));
});

/** The results of every check, the optional ones too. @throws AssertionError when the linter cannot read the manifests */
function lint(program: string, text: string) {
  const objects = parseAllDocuments(text).filter((document) => document.get('kind') !== 'CustomResourceDefinition');
  const args = ['score', '--kubernetes-version=v1.36', '--all-default-optional', '--output-format=json', '-'];
  // It ends with 1 when it finds something.
  const { stdout, stderr } = spawnSync(program, args, { input: objects.join('---\n'), encoding: 'utf8' });
  assert.equal(stderr, '');
  const results = report.parse(JSON.parse(stdout)).flatMap(({ checks }) => checks);
  assert.ok(results.length > 0, 'the linter looked at nothing');
  return results.filter(({ skipped }) => !skipped);
}

function pageOf(verdicts: ReadonlyMap<string, Verdict>): string {
  const subjects = Object.keys(SUBJECTS);
  const rows = [...verdicts]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([id, { meaning, isMet }]) => {
      const cell = (subject: string) => {
        const met = isMet[subject];
        return met === undefined ? '' : met ? 'met' : 'excepted';
      };
      return `| \`${id}\` | ${meaning.trim()} | ${subjects.map(cell).join(' | ')} | ${EXCEPTIONS[id] ?? ''} |`;
    });
  return [
    '<!-- UPDATE_GOLDEN=1 npm run test:cluster -- test/cluster/manifest-lint.test.ts writes this anew. -->',
    '',
    '# The manifests under a linter',
    '',
    `[kube-score](https://github.com/zegl/kube-score) ${KUBE_SCORE_VERSION} with every check it has, the optional ones too: no finding but those that a line explains.`,
    'A test fails for any other, and for an explanation that is no longer needed. Rights are not its subject:',
    '[what each preset may do](../test/chart/access-reviews.md) is asked of a real API server. Pods are held to Pod Security',
    '`restricted` by one, too.',
    '',
    `| Check | What it asks for | ${subjects.join(' | ')} | Why not |`,
    `| --- | --- |${' --- |'.repeat(subjects.length)} --- |`,
    ...rows,
    '',
  ].join('\n');
}
