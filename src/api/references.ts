import { z } from 'zod';
import { type FieldDoc, field, text } from './schema.ts';

const DNS_SUBDOMAIN = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/;
const DNS_LABEL = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;
const SECRET_KEY = /^[A-Za-z0-9._-]+$/;

function objectName(doc: FieldDoc) {
  return text(253).regex(DNS_SUBDOMAIN).meta(field(doc));
}

function namespaceName(doc: { readonly what: string; readonly change: boolean }) {
  return text(63)
    .regex(DNS_LABEL)
    .optional()
    .meta(field({ ...doc, example: 'platform', absent: 'the namespace of this object' }));
}

/** The fields of a reference that may never change, `{name, namespace?}`. */
export const fixedReferenceFields = {
  name: objectName({
    what: 'Name of the object referred to (its metadata.name).',
    example: 'wasabi-eu',
    change: false,
  }),
  namespace: namespaceName({
    what: "Namespace of the object referred to. Another namespace needs a grant: that object's spec.allowedNamespaces, or a ReferenceGrant there.",
    change: false,
  }),
};

/**
 * A reference that the API server keeps as it was made.
 * @param message says what cannot change, why, and what to do instead
 */
export function fixedReference(doc: { readonly what: string; readonly example: string }, message: string) {
  const rules = [{ rule: 'self == oldSelf', message }];
  return z.object(fixedReferenceFields).meta(field({ ...doc, change: false }, { rules }));
}

/** The fields of a reference that may change, `{name, namespace?}`. */
export function referenceFields(kind: string, example: string) {
  return {
    name: objectName({ what: `Name of the ${kind} (its metadata.name).`, example, change: true }),
    namespace: namespaceName({
      what: `Namespace of the ${kind}. Another namespace needs a grant: the spec.allowedNamespaces of that object, or a ReferenceGrant there.`,
      change: true,
    }),
  };
}

/** A reference to an object of the same namespace, `{name}`. */
export const localReferenceFields = {
  name: objectName({ what: 'Name of the object referred to (its metadata.name).', example: 'logs', change: true }),
};

/** One key of a Secret, `{name, key, namespace?}`, with the key's default. */
export function secretKeyFields(defaultKey: string) {
  return {
    name: objectName({ what: 'Name of the Secret.', example: 'wasabi-credentials', change: true }),
    key: secretKey(defaultKey),
    namespace: namespaceName({
      what: 'Namespace of the Secret. Another namespace than this one needs a ReferenceGrant there.',
      change: true,
    }),
  };
}

/** One key of a Secret of the same namespace, `{name, key}`. */
export function localSecretKeyFields(defaultKey: string) {
  const { name, key } = secretKeyFields(defaultKey);
  return { name, key };
}

function secretKey(defaultKey: string) {
  return text(253)
    .regex(SECRET_KEY)
    .default(defaultKey)
    .meta(field({ what: 'Key in the data of the Secret.', example: defaultKey, change: true }));
}

const matchExpression = z.object({
  key: text(317).meta(field({ what: 'Label key.', example: 'team', change: true })),
  operator: z
    .enum(['In', 'NotIn', 'Exists', 'DoesNotExist'])
    .meta(field({ what: 'How the label is compared with values.', example: 'In', change: true })),
  values: z
    .array(
      z
        .string()
        .max(63)
        .meta(field({ what: 'One label value.' })),
    )
    .max(64)
    .optional()
    .meta(
      field({
        what: 'Label values. Needed by In and NotIn, forbidden with Exists and DoesNotExist.',
        example: '[payments, billing]',
        change: true,
        absent: 'no values',
      }),
    ),
});

const namespaceSelector = z
  .object({
    matchLabels: z
      .record(
        z.string(),
        z
          .string()
          .max(63)
          .meta(field({ what: 'Label value.' })),
      )
      .optional()
      .meta(
        field(
          {
            what: 'Labels that the namespace must have, each with this value.',
            example: '{team: payments}',
            change: true,
            absent: 'no label is asked for',
          },
          { maxProperties: 32 },
        ),
      ),
    matchExpressions: z
      .array(
        matchExpression.meta(
          field(
            { what: 'One condition on a label.' },
            {
              rules: [
                {
                  rule: "self.operator in ['In', 'NotIn'] ? has(self.values) && size(self.values) > 0 : !has(self.values) || size(self.values) == 0",
                  message:
                    'values must be given with operator In or NotIn, and must be left out with Exists or DoesNotExist',
                },
              ],
            },
          ),
        ),
      )
      .max(16)
      .optional()
      .meta(
        field({
          what: 'Conditions on labels of the namespace, all of which must hold.',
          example: '[{key: team, operator: Exists}]',
          change: true,
          absent: 'no condition is asked for',
        }),
      ),
  })
  .optional()
  .meta(
    field({
      what: 'Which namespaces may refer to this object, by their labels. An empty selector means every namespace.',
      example: '{matchLabels: {team: payments}}',
      change: true,
      absent: 'no namespace is selected by labels',
    }),
  );

/** `spec.allowedNamespaces`: who may refer to this very object. */
export const allowedNamespaces = z
  .object({
    from: z
      .enum(['Same', 'All', 'Selector'])
      .default('Same')
      .meta(
        field({
          what: 'Same: only the namespace of this object. All: every namespace. Selector: those that the selector matches.',
          example: 'Selector',
          change: true,
        }),
      ),
    selector: namespaceSelector,
  })
  .optional()
  .meta(
    field(
      {
        what: 'Which namespaces may refer to this object. It opens this object alone, nothing that refers to it.',
        example: '{from: Selector, selector: {matchLabels: {team: payments}}}',
        change: 'Can change at any time; taking a grant back stops new calls and keeps what exists.',
        absent: 'only the namespace of this object',
      },
      {
        rules: [
          {
            rule: "(self.from == 'Selector') == has(self.selector)",
            message: 'selector goes with from: Selector and with no other: set both, or leave the selector out',
          },
        ],
      },
    ),
  );
