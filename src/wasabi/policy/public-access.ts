import ipaddr from 'ipaddr.js';
import { foldedKey, operatorOf } from './conditions.ts';
import { type Conditions, type PolicyDocument, type Principals, type Statement, statementLabel } from './document.ts';

/**
 * The statements, by label, through which a bucket policy grants to everyone: an Allow whose principal is not fixed and
 * that no condition ties to fixed accounts, principals, networks or sources. A Deny elsewhere in the document does not
 * count, so the answer errs towards public. Accounts that principals leave open count as any: fill them in first.
 * Source: S3 User Guide, "Blocking public access", the meaning of "public"; `aws:PrincipalAccount`, `aws:PrincipalArn`
 * and `aws:PrincipalOrgID` as fixed principals besides.
 */
export function grantsToEveryone({ Statement }: PolicyDocument): readonly string[] {
  return Statement.flatMap((statement, index) => (isPublic(statement) ? [statementLabel(index, statement.Sid)] : []));
}

function isPublic({ Effect, Principal, NotPrincipal, Condition = {} }: Statement): boolean {
  if (Effect !== 'Allow') return false;
  // All but some are everyone.
  const isOpen = NotPrincipal !== undefined || (Principal !== undefined && !isFixedPrincipal(Principal));
  return isOpen && !isRestricted(Condition);
}

function isFixedPrincipal(principals: Principals): boolean {
  if (principals === '*') return false;
  return Object.values(principals)
    .flat()
    .every((name) => isFixed(withoutName(name)));
}

/** An ARN up to its account: a wildcard behind that stays inside of one account. */
function withoutName(principal: string): string {
  return principal.startsWith('arn:') ? principal.split(':', 5).join(':') : principal;
}

/** Keys that say where a request comes from or by whom it is made. */
const RESTRICTING = new Set(
  ['SourceArn', 'SourceVpc', 'SourceVpce', 'SourceOwner', 'SourceAccount', 'userid']
    .concat('PrincipalAccount', 'PrincipalArn', 'PrincipalOrgID')
    .map((name) => foldedKey(`aws:${name}`)),
);
/** Operators that hold only if the key is there and has one of the values. */
const POSITIVE = new Set(['StringEquals', 'StringEqualsIgnoreCase', 'StringLike', 'ArnEquals', 'ArnLike']);

/** All conditions of a statement must hold, so one that restricts is enough. */
function isRestricted(conditions: Conditions): boolean {
  return Object.entries(conditions).some(([text, tests]) => {
    const operator = operatorOf(text);
    // Without the key, `IfExists` and `ForAllValues` hold for everyone.
    if (operator === undefined || operator.isIfExists || operator.set === 'ForAllValues') return false;
    return Object.entries(tests).some(([key, values]) => {
      if (foldedKey(key) === 'aws:sourceip') return operator.base === 'IpAddress' && values.every(isNarrow);
      return RESTRICTING.has(foldedKey(key)) && POSITIVE.has(operator.base) && values.every(isFixed);
    });
  });
}

function isFixed(value: string): boolean {
  return value !== '' && !/[*?]|\$\{/.test(value);
}

/** The IPv6 addresses that stand for those of IPv4, `::ffff:0:0/96`. */
const MAPPED = ipaddr.IPv6.parse('::ffff:0:0');
const MAPPED_BITS = 96;

/** Wider than /8 (IPv4) or /32 (IPv6) is a good part of the world. Source: as above. */
function isNarrow(network: string): boolean {
  if (ipaddr.isValid(network)) return true;
  if (!ipaddr.isValidCIDR(network)) return false;
  const [address, prefix] = ipaddr.parseCIDR(network);
  if (address.kind() === 'ipv4') return prefix >= 8;
  const holdsIpv4 = MAPPED.match(address, Math.min(prefix, MAPPED_BITS));
  return prefix >= (holdsIpv4 ? MAPPED_BITS + 8 : 32);
}
