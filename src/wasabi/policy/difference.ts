import { cutText } from '../../runtime/cut-text.ts';
import { meaningOf, sidsByMeaning } from './canonical.ts';
import { type PolicyDocument, type Principals, quoted, type Statement } from './document.ts';

const TEXT_MAX = 500;
const LISTED_MAX = 3;

/**
 * What writing `wanted` over `found` changes, on one line of at most 500 characters, for events and pending changes:
 * `+ Allow s3:GetObject on arn:aws:s3:::b/* for *; - statement "old"`. `~` is a statement that keeps its Sid.
 * Empty exactly when both are the same by meaning. `undefined`: there is no document, or none that can be read.
 */
export function policyDifference(found: PolicyDocument | undefined, wanted: PolicyDocument | undefined): string {
  const parts = [...namesChanged(found, wanted), ...statementsChanged(found, wanted)];
  return cutText(parts.join('; '), TEXT_MAX);
}

function namesChanged(found: PolicyDocument | undefined, wanted: PolicyDocument | undefined): readonly string[] {
  if (found === undefined || wanted === undefined) return [];
  const isOtherId = wanted.Id !== undefined && wanted.Id !== found.Id;
  return [
    ...(found.Version === wanted.Version ? [] : [`version ${found.Version} -> ${wanted.Version}`]),
    ...(isOtherId ? [`id ${quoted(found.Id ?? '')} -> ${quoted(wanted.Id)}`] : []),
  ];
}

function statementsChanged(found: PolicyDocument | undefined, wanted: PolicyDocument | undefined): readonly string[] {
  const [before, after] = [found?.Statement ?? [], wanted?.Statement ?? []];
  const [had, has] = [sidsOf(found), sidsOf(wanted)];
  const gone = before.filter((statement) => !has.has(meaningOf(statement)));
  const come = after.filter((statement) => had.get(meaningOf(statement))?.has(statement.Sid ?? '') !== true);
  const goneSids = new Set(gone.map(({ Sid }) => Sid).filter((sid) => sid !== undefined));
  const changedSids = new Set(come.filter((statement) => !had.has(meaningOf(statement))).map(({ Sid }) => Sid));
  return [
    ...come.flatMap((statement) => comeText(statement, had.get(meaningOf(statement)), goneSids)),
    ...gone
      .filter(({ Sid }) => Sid === undefined || !changedSids.has(Sid))
      .map((statement) => `- ${nameOf(statement)}`),
  ];
}

function sidsOf(document: PolicyDocument | undefined): ReadonlyMap<string, ReadonlySet<string>> {
  return document === undefined ? new Map() : sidsByMeaning(document);
}

/** A statement that is there already may lack its name alone. */
function comeText(
  statement: Statement,
  sids: ReadonlySet<string> | undefined,
  goneSids: ReadonlySet<string>,
): readonly string[] {
  const { Sid } = statement;
  if (sids !== undefined) return Sid === undefined ? [] : [`~ sid ${quoted(Sid)} of ${bodyOf(statement)}`];
  const isKept = Sid !== undefined && goneSids.has(Sid);
  return [isKept ? `~ statement ${quoted(Sid)}: ${bodyOf(statement)}` : `+ ${bodyOf(statement)}`];
}

function nameOf(statement: Statement): string {
  return statement.Sid === undefined ? bodyOf(statement) : `statement ${quoted(statement.Sid)}`;
}

function bodyOf(statement: Statement): string {
  const { Effect, Action, NotAction, Resource, NotResource, Principal, NotPrincipal, Condition } = statement;
  const keys = Object.entries(Condition ?? {}).flatMap(([operator, tests]) =>
    Object.entries(tests).map(([key, values]) => `${operator} ${key} ${listed(values)}`),
  );
  const what = Action === undefined ? `all but ${listed(NotAction ?? [])}` : listed(Action);
  const where = Resource === undefined ? `all but ${listed(NotResource ?? [])}` : listed(Resource);
  const who = Principal ?? NotPrincipal;
  const forWhom = who === undefined ? '' : ` for ${Principal === undefined ? 'all but ' : ''}${listed(namesOf(who))}`;
  return `${Effect} ${what} on ${where}${forWhom}${keys.length === 0 ? '' : ` if ${keys.join(' and ')}`}`;
}

function namesOf(principals: Principals): readonly string[] {
  return principals === '*' ? ['*'] : Object.values(principals).flat();
}

/** The first of them, each on one line and cut; control characters of a foreign document do not get into events. */
function listed(values: readonly string[]): string {
  const shown = values.slice(0, LISTED_MAX).map((value) => quoted(value).slice(1, -1));
  const more = values.length - shown.length;
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
