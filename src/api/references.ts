import { z } from 'zod';
import { checkedRule, type FieldDoc, field, patternRule, text } from './schema.ts';

const DNS_SUBDOMAIN = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/;
const DNS_LABEL = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;
const SECRET_KEY = /^[A-Za-z0-9._-]+$/;

/** The name of a Kubernetes object. */
export const objectNameText = text(253).regex(DNS_SUBDOMAIN);
/** That pattern, in words. */
export const objectNameRule = patternRule(
  DNS_SUBDOMAIN,
  'name must be the name of an object: lower-case letters, digits, hyphens and dots, such as team-a-logs',
);
const namespaceNameRule = patternRule(
  DNS_LABEL,
  'namespace must be the name of a namespace: lower-case letters, digits and hyphens, such as platform',
);
const secretKeyRule = patternRule(
  SECRET_KEY,
  'key must be a key in the data of a Secret: letters, digits, dots, hyphens and underscores, such as access-key',
);

function objectName(doc: FieldDoc, isInWords = true) {
  return objectNameText.meta(field(doc, isInWords ? objectNameRule : {}));
}

function namespaceName(doc: { readonly what: string; readonly change: boolean }, isInWords = true) {
  return text(63)
    .regex(DNS_LABEL)
    .optional()
    .meta(
      field(
        { ...doc, example: 'platform', absent: 'the namespace of this object' },
        isInWords ? namespaceNameRule : {},
      ),
    );
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

/**
 * The fields of a reference that may change, `{name, namespace?}`.
 * @param isInWords false: there may be so many that rules in place of the patterns are beyond the API server's budget
 */
export function referenceFields(kind: string, example: string, isInWords = true) {
  const what = `Namespace of the ${kind}. Another namespace needs a grant: the spec.allowedNamespaces of that object, or a ReferenceGrant there.`;
  return {
    name: objectName({ what: `Name of the ${kind} (its metadata.name).`, example, change: true }, isInWords),
    namespace: namespaceName({ what, change: true }, isInWords),
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
    .meta(field({ what: 'Key in the data of the Secret.', example: defaultKey, change: true }, secretKeyRule));
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
                checkedRule<{ readonly operator: string; readonly values?: readonly string[] }>(
                  "self.operator in ['In', 'NotIn'] ? has(self.values) && size(self.values) > 0 : !has(self.values) || size(self.values) == 0",
                  'values must be given with operator In or NotIn, and must be left out with Exists or DoesNotExist',
                  ({ operator, values = [] }) => ['In', 'NotIn'].includes(operator) === values.length > 0,
                ),
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
          checkedRule<{ readonly from: string; readonly selector?: object }>(
            "(self.from == 'Selector') == has(self.selector)",
            'selector goes with from: Selector and with no other: set both, or leave the selector out',
            ({ from, selector }) => (from === 'Selector') === (selector !== undefined),
          ),
        ],
      },
    ),
  );
