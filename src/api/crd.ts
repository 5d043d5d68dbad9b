import type { KindDefinition } from './kind-definition.ts';
import { DOC_KEY, type Rule, SPEC_MISSING } from './schema.ts';
import { type SchemaNode, structuralSchema, withoutDocs } from './structural-schema.ts';

/** What `kubectl get wasabi` lists: every kind of this operator. */
const CATEGORY = 'wasabi';

/** The one version of a CustomResourceDefinition that is served and stored. */
export interface CrdVersion {
  readonly name: string;
  readonly served: true;
  readonly storage: true;
  readonly schema: { readonly openAPIV3Schema: SchemaNode };
  readonly subresources: { readonly status: Readonly<Record<string, never>> };
  readonly additionalPrinterColumns: KindDefinition['columns'];
}

/** A CustomResourceDefinition of apiextensions.k8s.io/v1. */
export interface Crd {
  readonly apiVersion: 'apiextensions.k8s.io/v1';
  readonly kind: 'CustomResourceDefinition';
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly group: string;
    readonly scope: 'Namespaced' | 'Cluster';
    readonly names: {
      readonly kind: string;
      readonly listKind: string;
      readonly plural: string;
      readonly singular: string;
      readonly shortNames: readonly string[];
      readonly categories: readonly string[];
    };
    readonly conversion: { readonly strategy: 'None' };
    readonly versions: readonly [CrdVersion];
  };
}

/**
 * Objects without a spec could be stored by the predecessor. `required` would make those uneditable (the API server
 * does not ratchet it), hence a rule: a new object needs its spec, and one that has it keeps it.
 */
const specRule: Rule = {
  rule: 'has(self.spec) || (oldSelf.hasValue() && !oldSelf.?spec.hasValue())',
  message: SPEC_MISSING,
  optionalOldSelf: true,
};

/** The whole object as a structural schema, FieldDocs included: what the reference page is made of. */
export function documentedSchema(definition: KindDefinition): SchemaNode {
  const { [DOC_KEY]: doc, ...root } = structuralSchema(definition.schema);
  return {
    ...root,
    ...(doc === undefined ? {} : { [DOC_KEY]: doc }),
    'x-kubernetes-validations': [specRule, ...(root['x-kubernetes-validations'] ?? [])],
    required: (root.required ?? []).filter((name) => name !== 'spec'),
    properties: {
      apiVersion: textNode('Group and version of the API.'),
      kind: textNode('Kind of the object.'),
      metadata: { type: 'object' },
      ...root.properties,
    },
  };
}

/** The CustomResourceDefinition of a kind. */
export function crdOf(definition: KindDefinition): Crd {
  const { group, plural, kind, version, namespaced } = definition.type;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: namespaced ? 'Namespaced' : 'Cluster',
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: definition.singular,
        shortNames: definition.shortNames,
        categories: [CATEGORY],
      },
      conversion: { strategy: 'None' },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: withoutEmpty(withoutDocs(documentedSchema(definition))) },
          subresources: { status: {} },
          additionalPrinterColumns: definition.columns,
        },
      ],
    },
  };
}

function textNode(what: string): SchemaNode {
  return { description: what, type: 'string' };
}

function withoutEmpty(node: SchemaNode): SchemaNode {
  const { required, ...rest } = node;
  return required === undefined || required.length === 0 ? rest : { ...rest, required };
}
