import { fromEntries, type Json, type JsonObject, objectOf } from './json.ts';
import type { Registry } from './registry.ts';
import type { Resource, ResourceVersion } from './resource.ts';

/*
 * The OpenAPI v3 documents that kubectl reads: which kinds take the parameter `fieldValidation` (it refuses to apply
 * without), and the fields that `kubectl explain` prints. Built-in kinds are described by their metadata alone.
 */

/** `api/v1`, `apis/GROUP/VERSION`: the name of a document. */
function documentName(group: string, version: string): string {
  return group === '' ? `api/${version}` : `apis/${group}/${version}`;
}

function parameter(name: string, place: 'query' | 'path'): JsonObject {
  return { name, in: place, schema: { type: 'string' }, ...(place === 'path' ? { required: true } : {}) };
}

const writeParameters = ['dryRun', 'fieldManager', 'fieldValidation'].map((name) => parameter(name, 'query'));

/** `io.example.v1.Widget` for v1 of a Widget of example.io. */
function schemaName({ group, kind }: Resource, version: string): string {
  return [...group.split('.').toReversed(), version, kind].filter((part) => part !== '').join('.');
}

function gvkOf({ group, kind }: Resource, version: string): JsonObject {
  return { group, version, kind };
}

function operation(resource: Resource, version: string, action: string, parameters: readonly Json[]): JsonObject {
  const schema = { $ref: `#/components/schemas/${schemaName(resource, version)}` };
  return {
    parameters,
    responses: { '200': { description: 'OK', content: { 'application/json': { schema } } } },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': gvkOf(resource, version),
  };
}

function pathsOf(resource: Resource, version: string): readonly (readonly [string, JsonObject])[] {
  const scope = resource.isNamespaced ? '/namespaces/{namespace}' : '';
  const collection = `/${documentName(resource.group, version)}${scope}/${resource.plural}`;
  const of = (action: string, parameters: readonly Json[]) => operation(resource, version, action, parameters);
  const inNamespace = resource.isNamespaced ? [parameter('namespace', 'path')] : [];
  return [
    [collection, { parameters: inNamespace, get: of('list', []), post: of('post', writeParameters) }],
    [
      `${collection}/{name}`,
      {
        parameters: [...inNamespace, parameter('name', 'path')],
        get: of('get', []),
        put: of('put', writeParameters),
        patch: of('patch', [...writeParameters, parameter('force', 'query')]),
        delete: of('delete', []),
      },
    ],
  ];
}

function schemaOf(resource: Resource, version: ResourceVersion): JsonObject {
  const { schema } = version;
  const properties = {
    ...objectOf(schema.properties),
    apiVersion: { type: 'string' },
    kind: { type: 'string' },
    metadata: { type: 'object' },
  };
  return { ...schema, properties, 'x-kubernetes-group-version-kind': [gvkOf(resource, version.name)] };
}

function documentOf(registry: Registry, name: string): JsonObject | undefined {
  const served = registry.all().flatMap((resource) =>
    resource.versions.flatMap((version) => {
      return documentName(resource.group, version.name) === name ? [{ resource, version }] : [];
    }),
  );
  if (served.length === 0) return undefined;
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.36' },
    paths: fromEntries(served.flatMap(({ resource, version }) => pathsOf(resource, version.name))),
    components: {
      schemas: fromEntries(
        served.map(
          ({ resource, version }) => [schemaName(resource, version.name), schemaOf(resource, version)] as const,
        ),
      ),
    },
  };
}

/** The answer to a path below `/openapi`; undefined: there is nothing. */
export function openapi(registry: Registry, pathname: string): JsonObject | undefined {
  const [, name] = /^\/openapi\/v3(?:\/(.+))?$/.exec(pathname) ?? [];
  if (name !== undefined) return documentOf(registry, name);
  if (pathname !== '/openapi/v3') return undefined;
  const names = registry
    .all()
    .flatMap(({ group, versions }) => versions.map((version) => documentName(group, version.name)));
  const paths = [...new Set(names)].map((path) => [path, { serverRelativeURL: `/openapi/v3/${path}` }] as const);
  return { paths: fromEntries(paths) };
}
