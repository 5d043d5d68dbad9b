import { apiVersionOf } from './object.ts';
import type { Registry } from './registry.ts';
import type { Resource } from './resource.ts';
import { compareVersions } from './version-order.ts';

function byPriority(a: string, b: string): number {
  // The core's own groups first, then by name: clients take the order as preference.
  const weight = (group: string) => (group === '' ? 0 : group.endsWith('.k8s.io') ? 1 : 2);
  return weight(a) - weight(b) || (a < b ? -1 : a > b ? 1 : 0);
}

function groupsOf(registry: Registry): readonly string[] {
  return [...new Set(registry.all().map(({ group }) => group))].filter((group) => group !== '').sort(byPriority);
}

function versionsOf(registry: Registry, group: string): readonly string[] {
  const served = registry.all().filter((resource) => resource.group === group);
  return [...new Set(served.flatMap(({ versions }) => versions.map(({ name }) => name)))].sort(compareVersions);
}

function groupBody(registry: Registry, group: string): object | undefined {
  const versions = versionsOf(registry, group).map((version) => ({ groupVersion: `${group}/${version}`, version }));
  const [preferredVersion] = versions;
  return preferredVersion === undefined ? undefined : { name: group, versions, preferredVersion };
}

function resourceBodies(resource: Resource, version: string): object[] {
  const { plural, kind, singular, shortNames, categories, isNamespaced } = resource;
  const whole = {
    name: plural,
    singularName: singular,
    namespaced: isNamespaced,
    kind,
    verbs: [...(resource.discoveredVerbs ?? resource.verbs)].sort(),
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...(categories.length === 0 ? {} : { categories }),
  };
  const { subresources } = resource.versions.find(({ name }) => name === version) ?? { subresources: [] };
  const parts = subresources.map((name) => ({
    name: `${plural}/${name}`,
    singularName: '',
    namespaced: isNamespaced,
    kind,
    verbs: name === 'finalize' ? ['update'] : ['get', 'patch', 'update'],
  }));
  return [whole, ...parts];
}

function resourceList(registry: Registry, group: string, version: string): object | undefined {
  const resources = registry
    .all()
    .filter((resource) => resource.group === group && resource.versions.some(({ name }) => name === version))
    .sort((a, b) => (a.plural < b.plural ? -1 : 1));
  if (resources.length === 0) return undefined;
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: apiVersionOf(group, version),
    resources: resources.flatMap((resource) => resourceBodies(resource, version)),
  };
}

/** What the server says it is. */
const VERSION_INFO = {
  major: '1',
  minor: '36',
  gitVersion: 'v1.36.3',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '2026-01-01T00:00:00Z',
  goVersion: 'none',
  compiler: 'none',
  platform: `${process.platform}/${process.arch}`,
};

/** The answer to a discovery path; undefined: it is none, or names nothing that is served. */
export function discovery(registry: Registry, pathname: string): object | undefined {
  const [root, group, version, ...rest] = pathname.replace(/\/$/, '').split('/').slice(1);
  if (rest.length > 0) return undefined;
  if (root === 'version' && group === undefined) return VERSION_INFO;
  if (root === 'api' && group === undefined)
    return {
      kind: 'APIVersions',
      versions: ['v1'],
      serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: '' }],
    };
  if (root === 'api' && version === undefined) return resourceList(registry, '', group ?? '');
  if (root !== 'apis') return undefined;
  if (group === undefined) {
    const groups = groupsOf(registry).flatMap((name) => groupBody(registry, name) ?? []);
    return { kind: 'APIGroupList', apiVersion: 'v1', groups };
  }
  if (version !== undefined) return resourceList(registry, group, version);
  const body = groupBody(registry, group);
  return body === undefined ? undefined : { kind: 'APIGroup', apiVersion: 'v1', ...body };
}
