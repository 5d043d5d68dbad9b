import { type Principals, type PrincipalType, quoted } from './document.ts';
import { type Element, elementsOf, isObject, type Place, problem, stringsOf } from './elements.ts';

const TYPES = ['AWS', 'CanonicalUser', 'Federated', 'Service'] as const satisfies readonly PrincipalType[];

/** Everybody, an account number, or an ARN of IAM or STS whose account may be a placeholder. */
const AWS_PRINCIPAL = /^(?:\*|\d{12}|arn:[a-z-]+:(?:iam|sts)::[^:\s]{0,64}:[^\s:][^\s]{0,511})$/;

/**
 * The Principal or NotPrincipal element: `*`, a bare ARN or account (which count as AWS principals), a list of these,
 * or lists by type. `isSpec`: whether the values must look like principals; the service may answer with the ids of
 * users that are gone.
 */
export function principalsOf(element: Element, isSpec: boolean): Principals | undefined {
  const { value, at } = element;
  if (value === '*') return '*';
  if (!isObject(value)) {
    const named = stringsOf(element, 'principal');
    return named === undefined ? undefined : { AWS: checked('AWS', named, at, isSpec) };
  }
  if (Object.values(value).every((names) => names === null)) return problem(at, 'names nobody; write {AWS: ARN}');
  const byType = elementsOf(value, TYPES, at);
  return Object.fromEntries(
    [...byType].map(([type, names]) => [type, checked(type, stringsOf(names, 'principal') ?? [], names.at, isSpec)]),
  );
}

function checked(type: PrincipalType, names: readonly string[], at: Place, isSpec: boolean): readonly string[] {
  const wrong = names.find((name) => name === '' || (type === 'AWS' && !AWS_PRINCIPAL.test(name)));
  if (isSpec && wrong !== undefined) {
    const example = 'arn:aws:iam::ACCOUNT:user/NAME';
    problem(at, `holds ${quoted(wrong)}, which is no principal; write "*", an account's 12 digits or ${example}`);
  }
  return names;
}
