import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { KINDS } from '../../src/api/kinds.ts';
import { CHECKOUT } from './guide-blocks.ts';

const labels = { 'app.kubernetes.io/instance': '{{ .Release.Name }}' };
const named = { name: '{{ .Release.Name }}', labels };
/** Its namespace is written down, as charts do, or left to Helm, as others do. */
const inNamespace = { ...named, namespace: '{{ .Release.Namespace }}' };

const parts: readonly object[] = [
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: inNamespace },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: named,
    rules: [{ apiGroups: ['s3.cloud37.dev'], resources: ['*'], verbs: ['*'] }],
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: named,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: '{{ .Release.Name }}' },
    subjects: [{ kind: 'ServiceAccount', name: '{{ .Release.Name }}', namespace: '{{ .Release.Namespace }}' }],
  },
  { apiVersion: 'v1', kind: 'Service', metadata: named, spec: { selector: labels, ports: [{ port: 8080 }] } },
  { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'mail-password' }, stringData: { password: 'secret' } },
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: inNamespace,
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: '{{ .Release.Name }}',
          containers: [{ name: 'operator', image: 'registry.example.com/predecessor:1.0' }],
        },
      },
    },
  },
];

/**
 * A chart as the predecessor's is, where it matters to those who leave it: the definitions are among its templates, in a
 * form that takes every field and has neither columns nor categories; a Deployment, rights and a Secret come with it.
 * @returns its folder
 */
export function writePredecessorChart(folder: string): string {
  const chart = join(folder, 'predecessor');
  const templates = join(chart, 'templates');
  mkdirSync(templates, { recursive: true });
  writeFileSync(join(chart, 'Chart.yaml'), 'apiVersion: v2\nname: predecessor\nversion: 1.0.0\n');
  const documents = [...KINDS.map(({ type }) => looseDefinition(type.plural)), ...parts];
  writeFileSync(join(templates, 'all.yaml'), documents.map((document) => stringify(document)).join('---\n'));
  return chart;
}

function looseDefinition(plural: string): object {
  const file = new URL(`chart/wasabi-s3-operator/crds/${plural}.yaml`, CHECKOUT);
  // Our own generated file.
  const { apiVersion, kind, metadata, spec } = parse(readFileSync(file, 'utf8')) as {
    apiVersion: string;
    kind: string;
    metadata: object;
    spec: { group: string; scope: string; names: Record<string, unknown>; versions: { name: string }[] };
  };
  const { categories: _categories, ...names } = spec.names;
  const versions = looseVersions(spec.versions.map(({ name }) => ({ version: name })));
  return { apiVersion, kind, metadata, spec: { group: spec.group, scope: spec.scope, names, versions } };
}

/** Versions of a definition as the predecessor's were: every field is taken, none has a type. */
export function looseVersions(versions: readonly { readonly version: string }[]): readonly object[] {
  const openAPIV3Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  return versions.map(({ version }) => ({
    name: version,
    served: true,
    storage: true,
    subresources: { status: {} },
    schema: { openAPIV3Schema },
  }));
}
