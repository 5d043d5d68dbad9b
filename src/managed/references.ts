import type { KubeObject, ObjectKey } from '../api/meta.ts';
import { GROUP } from '../api/meta.ts';

/** One place in a spec that names another object. */
export interface Reference {
  /** Where it stands, such as `spec.providerRef`: messages begin with it. */
  readonly path: string;
  /** The API group of the object it names: ours, or '' for Secrets. */
  readonly group: string;
  readonly kind: string;
  readonly key: ObjectKey;
  /** The predecessor allowed it across namespaces, so `--allow-legacy-cross-namespace` may open it again. */
  readonly isLegacy: boolean;
  /** The named object may not be deleted while this reference holds. */
  readonly blocksDeletion: boolean;
  /** It can never change: who named the wrong object needs a new object. */
  readonly isFixed?: true;
}

/** Which namespaces an object admits. */
export interface AllowedNamespaces {
  readonly from?: 'Same' | 'All' | 'Selector' | undefined;
  readonly selector?: LabelSelector | undefined;
}

export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>> | undefined;
  readonly matchExpressions?:
    | readonly {
        readonly key: string;
        readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
        readonly values?: readonly string[] | undefined;
      }[]
    | undefined;
}

/** gateway.networking.k8s.io/v1beta1 ReferenceGrant: the owner of a namespace admits referrers of another one. */
export interface ReferenceGrant extends KubeObject {
  readonly spec?: {
    readonly from?: readonly { readonly group: string; readonly kind: string; readonly namespace: string }[];
    readonly to?: readonly { readonly group: string; readonly kind: string; readonly name?: string }[];
  };
}

/** What the gate has to know of the cluster. */
export interface GateFacts {
  /** Labels of the referrer's namespace; undefined when no such namespace is known. */
  readonly namespaceLabels: Readonly<Record<string, string>> | undefined;
  /** The ReferenceGrants in the namespace of the target. */
  readonly grants: readonly ReferenceGrant[];
  readonly allowLegacyCrossNamespace: boolean;
}

/**
 * Whether an object of `fromKind` in `fromNamespace` may follow that reference. The same namespace is free; another one
 * must be admitted by the target object itself or by a ReferenceGrant beside it.
 * @param allowed `spec.allowedNamespaces` of the target; undefined where the target has no such field (a Secret) or is absent
 */
export function isPermitted(
  from: { readonly kind: string; readonly namespace: string },
  reference: Reference,
  allowed: AllowedNamespaces | undefined,
  facts: GateFacts,
): boolean {
  if (reference.key.namespace === from.namespace) return true;
  if (facts.allowLegacyCrossNamespace && reference.isLegacy) return true;
  if (allowed?.from === 'All') return true;
  if (allowed?.from === 'Selector' && allowed.selector !== undefined && facts.namespaceLabels !== undefined) {
    if (matchesSelector(allowed.selector, facts.namespaceLabels)) return true;
  }
  return facts.grants.some((grant) => isGranted(grant, from, reference));
}

function isGranted(grant: ReferenceGrant, from: { kind: string; namespace: string }, reference: Reference): boolean {
  const isFrom = (grant.spec?.from ?? []).some(
    (entry) => entry.group === GROUP && entry.kind === from.kind && entry.namespace === from.namespace,
  );
  const isTo = (grant.spec?.to ?? []).some(
    (entry) =>
      entry.group === reference.group &&
      entry.kind === reference.kind &&
      (entry.name === undefined || entry.name === '' || entry.name === reference.key.name),
  );
  return isFrom && isTo;
}

/** metav1.LabelSelector: all of its parts must hold; an empty selector matches everything. */
function matchesSelector(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  const isEqual = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
  return (
    isEqual &&
    (selector.matchExpressions ?? []).every((expression) => {
      const value = Object.hasOwn(labels, expression.key) ? labels[expression.key] : undefined;
      switch (expression.operator) {
        case 'In':
          return value !== undefined && (expression.values ?? []).includes(value);
        case 'NotIn':
          return value === undefined || !(expression.values ?? []).includes(value);
        case 'Exists':
          return value !== undefined;
        case 'DoesNotExist':
          return value === undefined;
      }
    })
  );
}

/** The value of the reference index: `kind/namespace/name`. */
export function referenceIndexValue(kind: string, key: ObjectKey): string {
  return `${kind}/${key.namespace}/${key.name}`;
}
