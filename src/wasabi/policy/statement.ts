import { conditionsOf } from './conditions.ts';
import { type Principals, quoted, type Statement, statementLabel } from './document.ts';
import { type Element, elementsOf, isObject, type Place, problem, stringsOf } from './elements.ts';
import { principalsOf } from './principals.ts';

/** What a statement may and must hold. */
export interface StatementRules {
  /** Bucket policies name whom they mean; those of identities mean whom they are attached to. Whatever the service has, is. */
  readonly principal: 'Required' | 'Forbidden' | 'Free';
  /** Whether the values come from a spec, and so must look right. */
  readonly isSpec: boolean;
  /** ARNs that the statement's `principalRefs` lead to, by its index; absent: the element is unknown. */
  readonly principalRefs?: (index: number) => readonly string[];
}

const NAMES = [
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
] as const;
type Elements = ReadonlyMap<(typeof NAMES)[number] | 'principalRefs', Element>;

/** A service in front of the colon, without wildcards, or everything. */
const ACTION = /^(?:\*|[a-z0-9-]{1,64}:[a-z0-9*?]{1,128})$/i;
const RESOURCE = /^(?:\*|arn:[^:]{1,64}:[^:]{0,64}:[^:]{0,64}:[^:]{0,64}:.+)$/s;

/** One statement; what is wrong with it is noted with its index and Sid. `undefined`: nothing of it could be read. */
export function statementOf(
  value: unknown,
  index: number,
  { path, problems }: Place,
  rules: StatementRules,
): Statement | undefined {
  if (!isObject(value)) return problem({ path: `${path}[${index}]`, problems }, `is ${quoted(value)}; write an object`);
  const given = sidOf(value);
  const sid = typeof given === 'string' ? given : undefined;
  const label = `${path}${statementLabel(index, sid).slice('statement'.length)}`;
  const at: Place = { path: label, problems };
  const known = rules.principalRefs === undefined ? NAMES : [...NAMES, 'principalRefs' as const];
  const elements: Elements = elementsOf(value, known, at);
  if (given !== sid) problem(at, `has the sid ${quoted(given)}; write a text`);
  const effect = effectOf(elements.get('Effect'), at);
  const who = whoOf(elements, at, rules, index);
  const what = oneOf(elements, 'Action', 'NotAction', at, (element) => texts(element, 'action', rules));
  const where = oneOf(elements, 'Resource', 'NotResource', at, (element) => texts(element, 'resource', rules));
  const condition = elements.get('Condition');
  const conditions = condition === undefined ? undefined : conditionsOf(condition);
  return {
    ...(sid === undefined ? {} : { Sid: sid }),
    Effect: effect,
    ...who,
    ...what,
    ...where,
    ...(conditions === undefined ? {} : { Condition: conditions }),
  };
}

/** Read first, since every message names it. An empty one is none. */
function sidOf(statement: Readonly<Record<string, unknown>>): unknown {
  const [, value] = Object.entries(statement).find(([key]) => key.toLowerCase() === 'sid') ?? [];
  return value === '' || value === null ? undefined : value;
}

function effectOf(element: Element | undefined, at: Place): Statement['Effect'] {
  if (element === undefined) problem(at, 'has no effect; write effect: Allow or Deny');
  if (element?.value === 'Allow' || element?.value === 'Deny') return element.value;
  if (element !== undefined) problem(element.at, `is ${quoted(element.value)}; write Allow or Deny`);
  return 'Deny';
}

function whoOf(elements: Elements, at: Place, rules: StatementRules, index: number): Partial<Statement> {
  const [yes, no] = [elements.get('Principal'), elements.get('NotPrincipal')];
  if (yes !== undefined && no !== undefined) problem(at, 'has both principal and notPrincipal; keep one');
  const given = yes ?? no;
  const refs = elements.has('principalRefs') ? (rules.principalRefs?.(index) ?? []) : [];
  if (rules.principal === 'Forbidden') {
    const wrong = given?.at ?? elements.get('principalRefs')?.at;
    if (wrong !== undefined)
      problem(
        wrong,
        'cannot stand here: a policy of a User or an IAMPolicy is for whoever it is attached to; take it out, or name others in a BucketPolicy',
      );
    return {};
  }
  if (given === undefined && refs.length === 0) {
    if (rules.principal === 'Required') problem(at, 'has no principal; name whom it is for, such as {AWS: ARN}');
    return {};
  }
  if (no !== undefined && refs.length > 0) problem(at, 'has both principalRefs and notPrincipal; keep one');
  const named = given === undefined ? {} : principalsOf(given, rules.isSpec);
  if (named === undefined) return {};
  return no === undefined ? { Principal: withArns(named, refs) } : { NotPrincipal: named };
}

function withArns(named: Principals, arns: readonly string[]): Principals {
  return named === '*' || arns.length === 0 ? named : { ...named, AWS: [...(named.AWS ?? []), ...arns] };
}

/** Of two elements that exclude each other the one that is there; one of them must be. */
function oneOf<Yes extends 'Action' | 'Resource', No extends 'NotAction' | 'NotResource'>(
  elements: Elements,
  yes: Yes,
  no: No,
  at: Place,
  read: (element: Element) => readonly string[],
): Partial<Statement> {
  const [positive, negative] = [elements.get(yes), elements.get(no)];
  const [one, other] = [yes.toLowerCase(), `n${no.slice(1)}`];
  if (positive !== undefined && negative !== undefined) problem(at, `has both ${one} and ${other}; keep one`);
  if (positive !== undefined) return { [yes]: read(positive) };
  if (negative !== undefined) return { [no]: read(negative) };
  problem(at, `has neither ${one} nor ${other}; write one`);
  return {};
}

function texts(element: Element, what: 'action' | 'resource', { isSpec }: StatementRules): readonly string[] {
  const found = stringsOf(element, what) ?? [];
  const wrong = found.find((one) => !(what === 'action' ? ACTION : RESOURCE).test(one));
  if (!isSpec || wrong === undefined) return found;
  const next =
    what === 'action' ? 'write SERVICE:NAME, such as s3:GetObject' : 'write an ARN, such as arn:aws:s3:::BUCKET/*';
  problem(element.at, `holds ${quoted(wrong)}, which is no ${what}; ${next}`);
  return found;
}
