import { setTimeout as delay } from 'node:timers/promises';
import type { Answer, Client } from './client.ts';
import { at, listAt } from './json.ts';
import { group, resources } from './resources.ts';

const patienceMs = 60_000;
const crdPath = `${resources.crds.prefix}/${resources.crds.plural}`;

/** A CustomResourceDefinition with one version `v1`. */
export interface CrdOptions {
  readonly kind: string;
  readonly plural: string;
  readonly scope?: 'Namespaced' | 'Cluster';
  /** The whole object's schema, without apiVersion, kind and metadata. */
  readonly properties: object;
  readonly required?: readonly string[];
  readonly validations?: readonly object[];
  readonly hasStatus?: boolean;
  readonly extra?: object;
}

/** The CRD as one POSTs it. */
export function crdOf(options: CrdOptions): { readonly metadata: { readonly name: string }; readonly spec: object } {
  const { kind, plural, scope = 'Namespaced', properties, required, validations, hasStatus = true, extra } = options;
  return {
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope,
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          ...(hasStatus ? { subresources: { status: {} } } : {}),
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties,
              ...(required === undefined ? {} : { required }),
              ...(validations === undefined ? {} : { 'x-kubernetes-validations': validations }),
            },
          },
          ...extra,
        },
      ],
    },
  };
}

const condition = {
  type: 'object',
  required: ['type', 'status'],
  properties: {
    type: { type: 'string' },
    status: { type: 'string', enum: ['True', 'False', 'Unknown'] },
    message: { type: 'string' },
  },
};

const widgetSpec = {
  type: 'object',
  properties: {
    name: { type: 'string', minLength: 3, maxLength: 10, pattern: '^[a-z]+$' },
    size: { type: 'integer', minimum: 1, maximum: 100 },
    ratio: { type: 'number', minimum: 0, exclusiveMinimum: true, maximum: 1 },
    colour: { type: 'string', enum: ['red', 'green', 'blue'], default: 'red' },
    enabled: { type: 'boolean' },
    tags: { type: 'array', minItems: 1, maxItems: 3, items: { type: 'string', maxLength: 20 } },
    words: { type: 'array', maxItems: 5, 'x-kubernetes-list-type': 'set', items: { type: 'string', maxLength: 20 } },
    rules: {
      type: 'array',
      maxItems: 10,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['id'],
      items: {
        type: 'object',
        required: ['id'],
        properties: {
          id: { type: 'string', maxLength: 20 },
          days: { type: 'integer', minimum: 1 },
          prefix: { type: 'string', maxLength: 20, default: '' },
        },
      },
    },
    port: { 'x-kubernetes-int-or-string': true },
    at: { type: 'string', format: 'date-time' },
    note: { type: 'string', nullable: true, maxLength: 20 },
    labels: { type: 'object', maxProperties: 2, additionalProperties: { type: 'string', maxLength: 5 } },
    options: {
      type: 'object',
      default: {},
      properties: {
        mode: { type: 'string', default: 'fast', maxLength: 20 },
        depth: { type: 'integer', default: 3 },
        inner: { type: 'object', properties: { deep: { type: 'boolean', default: true } } },
      },
    },
    free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    choice: {
      type: 'object',
      properties: { a: { type: 'string' }, b: { type: 'string' } },
      oneOf: [{ required: ['a'] }, { required: ['b'] }],
    },
    lower: { type: 'integer' },
    upper: { type: 'integer' },
    region: {
      type: 'string',
      maxLength: 20,
      'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'region is immutable' }],
    },
    budget: {
      type: 'integer',
      'x-kubernetes-validations': [
        {
          rule: 'oldSelf.hasValue() ? self >= oldSelf.value() : self >= 10',
          optionalOldSelf: true,
          message: 'a budget starts at 10 and never shrinks',
        },
      ],
    },
    motto: {
      type: 'string',
      maxLength: 20,
      'x-kubernetes-validations': [
        { rule: "!self.contains('!')", messageExpression: "'motto ' + self + ' shouts'", reason: 'FieldValueInvalid' },
      ],
    },
    owner: { type: 'string', maxLength: 20 },
  },
  'x-kubernetes-validations': [
    {
      rule: '!has(self.lower) || !has(self.upper) || self.lower <= self.upper',
      message: 'lower must not exceed upper',
      reason: 'FieldValueForbidden',
      fieldPath: '.lower',
    },
    { rule: 'has(self.owner) == has(oldSelf.owner)', message: 'owner cannot be set or unset later' },
  ],
};

const statusSchema = {
  type: 'object',
  properties: {
    observedGeneration: { type: 'integer', format: 'int64' },
    phase: { type: 'string', maxLength: 20 },
    conditions: {
      type: 'array',
      maxItems: 10,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['type'],
      items: condition,
    },
  },
};

/** Namespaced, with a status subresource and one field for each thing that a schema can demand. */
const widget = crdOf({
  kind: 'Widget',
  plural: 'widgets',
  properties: { spec: widgetSpec, status: statusSchema },
  validations: [{ rule: 'size(self.metadata.name) <= 30', message: 'the name is limited to 30 characters' }],
});

/** Cluster-scoped, without a status subresource. */
const gadget = crdOf({
  kind: 'Gadget',
  plural: 'gadgets',
  scope: 'Cluster',
  hasStatus: false,
  properties: {
    spec: { type: 'object', properties: { size: { type: 'integer' } } },
    status: { type: 'object', properties: { phase: { type: 'string' } } },
  },
});

/** True once the server serves objects of the definition. */
export function isEstablished(crd: unknown): boolean {
  return listAt(crd, 'status.conditions').some(
    (condition) => at(condition, 'type') === 'Established' && at(condition, 'status') === 'True',
  );
}

/** Installs the CRDs that cases share, unless they are there, and waits until their objects can be listed. */
export async function installSharedCrds(client: Client): Promise<void> {
  const { apiVersion, kind } = resources.crds;
  for (const crd of [widget, gadget]) {
    // One that an earlier run has deleted may still be on its way out; nothing can be created in it any more.
    await until(
      client,
      `${crdPath}/${crd.metadata.name}`,
      ({ body }) => at(body, 'metadata.deletionTimestamp') === undefined,
    );
    const answer = await client.call('POST', crdPath, { body: { apiVersion, kind, ...crd } });
    if (answer.status !== 201 && answer.status !== 409) throw new Error(`cannot install a CRD: ${answer.text}`);
  }
  for (const { prefix, plural } of [resources.widgets, resources.gadgets]) {
    await until(client, `${prefix}/${plural}`, ({ status }) => status === 200);
  }
}

async function until(client: Client, path: string, holds: (answer: Answer) => boolean): Promise<void> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const answer = await client.call('GET', path);
    if (holds(answer)) return;
    if (performance.now() > deadline) throw new Error(`not within ${patienceMs} ms; GET ${path}: ${answer.text}`);
    await delay(50);
  }
}

/** Removes what installSharedCrds has installed; resolves before the objects are gone. */
export async function removeSharedCrds(client: Client): Promise<void> {
  for (const crd of [widget, gadget]) await client.call('DELETE', `${crdPath}/${crd.metadata.name}`);
}
