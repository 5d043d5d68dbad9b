import { REFERENCE_GRANTS } from '../api/core-types.ts';

const { group, version, plural, kind } = REFERENCE_GRANTS;

const GROUP_NAME = {
  type: 'string',
  maxLength: 253,
  pattern: '^$|^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$',
};
const KIND_NAME = { type: 'string', minLength: 1, maxLength: 63, pattern: '^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$' };
const NAMESPACE_NAME = { type: 'string', minLength: 1, maxLength: 63, pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$' };
const OBJECT_NAME = { type: 'string', minLength: 1, maxLength: 253 };

/**
 * The definition of ReferenceGrants, for control planes without the Gateway API: its version v1beta1, with the limits
 * that the Gateway API sets. Source: its API reference, ReferenceGrant.
 */
export const REFERENCE_GRANT_DEFINITION = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: {
    name: `${plural}.${group}`,
    // The API server takes groups under k8s.io with that alone.
    annotations: { 'api-approved.kubernetes.io': 'https://github.com/kubernetes-sigs/gateway-api/pull/2156' },
  },
  spec: {
    group,
    scope: 'Namespaced',
    names: {
      plural,
      singular: kind.toLowerCase(),
      kind,
      listKind: `${kind}List`,
      shortNames: ['refgrant'],
      categories: ['gateway-api'],
    },
    versions: [
      {
        name: version,
        served: true,
        storage: true,
        additionalPrinterColumns: [{ name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' }],
        schema: { openAPIV3Schema: schema() },
      },
    ],
  },
};

function schema(): object {
  const from = listOf('Who may refer to things of this namespace.', {
    group: { ...GROUP_NAME, description: 'Group of the kind that refers.' },
    kind: { ...KIND_NAME, description: 'The kind that refers.' },
    namespace: { ...NAMESPACE_NAME, description: 'The namespace that it refers from.' },
  });
  const to = listOf(
    'What they may refer to.',
    {
      group: { ...GROUP_NAME, description: 'Group of the kind referred to; "" is the core.' },
      kind: { ...KIND_NAME, description: 'The kind referred to.' },
    },
    { name: { ...OBJECT_NAME, description: 'Name of the object; absent: any.' } },
  );
  const spec = { type: 'object', required: ['from', 'to'], properties: { from, to } };
  const text = { type: 'string' };
  return {
    type: 'object',
    description: 'Lets objects of other namespaces refer to things of this one.',
    properties: { apiVersion: text, kind: text, metadata: { type: 'object' }, spec },
  };
}

function listOf(description: string, required: object, optional: object = {}): object {
  const properties = { ...required, ...optional };
  const items = { type: 'object', required: Object.keys(required), properties };
  return { type: 'array', description, minItems: 1, maxItems: 16, 'x-kubernetes-list-type': 'atomic', items };
}
