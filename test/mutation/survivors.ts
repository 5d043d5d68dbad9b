/** A mutant that no test can tell, or need not, and why. */
export interface Explained {
  readonly file: string;
  /** The line where it begins, without the space around it. */
  readonly line: string;
  /** Stryker's name for the kind of change. */
  readonly mutator: string;
  /** What stands there instead; left out: any change of that kind in that line. */
  readonly to?: string;
  readonly reason: string;
}

const KEY = 'src/kinds/access-key';
const GUARD =
  'the types ask for the guard: without it a comparison with undefined, or a look-up of it, comes to the same';
const NO_KEY = 'nothing reads it there: the list is one of keys, and no key has that name';
const BELT = 'a belt: what it keeps is not recorded yet, or in a Secret of an earlier key, and neither is replaced';

/** An entry that no mutant needs any more fails the run. */
export const EXPLAINED: readonly Explained[] = [
  {
    file: `${KEY}/accounting.ts`,
    line: "const [published, toCome] = [facts.wanted, facts.next].map((fact) => (fact.type === 'Ours' ? fact.keyId : undefined));",
    mutator: 'ConditionalExpression',
    to: 'true',
    reason: GUARD,
  },
  {
    file: `${KEY}/accounting.ts`,
    line: 'const isNew = toCome !== undefined && published !== undefined && toCome !== published && own.includes(toCome);',
    mutator: 'ConditionalExpression',
    to: 'true',
    reason: GUARD,
  },
  {
    file: `${KEY}/accounting.ts`,
    line: 'undelivered: [...lost, ...(isNew ? [toCome] : [])].filter(isThere),',
    mutator: 'ArrayDeclaration',
    to: '["Stryker was here"]',
    reason: NO_KEY,
  },
  {
    file: `${KEY}/accounting.ts`,
    line: '(fact) => usable(fact, partial) ?? [],',
    mutator: 'ArrayDeclaration',
    to: '["Stryker was here"]',
    reason: NO_KEY,
  },
  {
    file: `${KEY}/accounting.ts`,
    line: '...(current === undefined || book.mint?.secretName === facts.names.next ? [facts.mintedId] : []),',
    mutator: 'ArrayDeclaration',
    to: '["Stryker was here"]',
    reason: NO_KEY,
  },
  {
    file: `${KEY}/accounting.ts`,
    line: "const keyId = wanted.type === 'Ours' && wanted.credential !== 'Wrong' ? wanted.keyId : undefined;",
    mutator: 'ConditionalExpression',
    to: 'true',
    reason: GUARD,
  },
  {
    file: `${KEY}/accounting.ts`,
    line: 'if (keyId === undefined || !live.has(keyId)) return { own: provenOf(previous), inherited: [] };',
    mutator: 'ConditionalExpression',
    to: 'false',
    reason: GUARD,
  },
  {
    file: `${KEY}/accounting.ts`,
    line: 'const createdAtMs = live.get(keyId)?.createdAtMs;',
    mutator: 'OptionalChaining',
    to: 'live.get(keyId).createdAtMs',
    reason: 'the line before has looked whether it is there',
  },
  {
    file: `${KEY}/accounting.ts`,
    line: 'keyId === legacyKeyId && createdAtMs !== undefined && createdAtMs >= objectCreatedAtMs - LEGACY_SKEW_MS;',
    mutator: 'ConditionalExpression',
    to: 'true',
    reason: GUARD,
  },
  {
    file: `${KEY}/accounting.ts`,
    line: "if (fact.type !== 'Ours' || fact.keyId === undefined || fact.credential === 'Wrong') return undefined;",
    mutator: 'ConditionalExpression',
    to: 'false',
    reason: GUARD,
  },
  {
    file: `${KEY}/accounting.ts`,
    line: "if (fact.type !== 'Ours' || fact.keyId === undefined || fact.credential === 'Wrong') return undefined;",
    mutator: 'LogicalOperator',
    to: "fact.type !== 'Ours' && fact.keyId === undefined",
    reason: GUARD,
  },
  {
    file: `${KEY}/accounting.ts`,
    line: 'return mintedAtMs !== undefined && mintedAtMs <= nowMs + SKEW_MS && nowMs < mintedAtMs + LISTING_LAG_MS;',
    mutator: 'ConditionalExpression',
    to: 'true',
    reason: GUARD,
  },
  {
    file: `${KEY}/accounting.ts`,
    line: 'if (mint === undefined || createdAtMs === undefined || mint.knownKeys.has(id)) return false;',
    mutator: 'ConditionalExpression',
    to: 'false',
    reason: GUARD,
  },
  {
    file: `${KEY}/freeze.ts`,
    line: 'const mayBeOthers = facts.othersBusyUntilMs !== undefined && facts.nowMs < facts.othersBusyUntilMs;',
    mutator: 'ConditionalExpression',
    to: 'true',
    reason: GUARD,
  },
  {
    file: `${KEY}/freeze.ts`,
    line: 'return live.get(id)?.isActive === true;',
    mutator: 'OptionalChaining',
    to: 'live.get(id).isActive',
    reason: 'whoever asks has looked whether it lives',
  },
  {
    file: `${KEY}/freeze.ts`,
    line: 'const until = openUntilMs === undefined ? {} : { untilMs: openUntilMs };',
    mutator: 'ConditionalExpression',
    to: 'false',
    reason: 'undefined is told as nothing either way',
  },
  {
    file: `${KEY}/recovery.ts`,
    line: 'if (openUntilMs !== undefined && mint !== undefined && !isOwn(mint, facts)) return waiting(view, openUntilMs);',
    mutator: 'ConditionalExpression',
    to: 'true',
    reason: 'where a create is open there is a mint: the types do not know',
  },
  {
    file: `${KEY}/recovery.ts`,
    line: 'if (view.lost.length > 0 && facts.othersBusyUntilMs !== undefined && facts.nowMs < facts.othersBusyUntilMs) {',
    mutator: 'ConditionalExpression',
    to: 'true',
    reason: GUARD,
  },
  {
    file: `${KEY}/recovery.ts`,
    line: 'const kept = new Set([current, ...(rotation?.keeps ?? [])]);',
    mutator: 'ArrayDeclaration',
    to: '["Stryker was here"]',
    reason: NO_KEY,
  },
  {
    file: `${KEY}/recovery.ts`,
    line: 'if (facts.mintedId !== undefined && view.candidates.has(facts.mintedId)) {',
    mutator: 'ConditionalExpression',
    to: 'true',
    reason: GUARD,
  },
  {
    file: `${KEY}/recovery.ts`,
    line: "if (wanted.type === 'Ours') return wanted.keyId !== undefined && live.has(wanted.keyId) ? 'SecretEdited' : 'KeyGone';",
    mutator: 'ConditionalExpression',
    to: 'true',
    reason: GUARD,
  },
  {
    file: `${KEY}/recovery.ts`,
    line: '({ keyId }) => keyId === undefined || !live.has(keyId) || (keyId === view.current && !isSwitching),',
    mutator: 'ConditionalExpression',
    to: 'false',
    reason: GUARD,
  },
  {
    file: `${KEY}/rotation-plan.ts`,
    line: 'export const IDLE: RotationPlan = {',
    mutator: 'ObjectLiteral',
    to: '{}',
    reason: 'what is left out of a plan is read as nothing, too; each part has a name for its readers',
  },
  {
    file: `${KEY}/rotation-plan.ts`,
    line: 'keeps: [],',
    mutator: 'ArrayDeclaration',
    to: '["Stryker was here"]',
    reason: NO_KEY,
  },
  {
    file: `${KEY}/rotation-retiring.ts`,
    line: 'const previous = previousKey === undefined ? undefined : live.get(previousKey);',
    mutator: 'ConditionalExpression',
    to: 'false',
    reason: GUARD,
  },
  {
    file: `${KEY}/rotation-retiring.ts`,
    line: 'if (previousKey === undefined || previous === undefined) return { ...IDLE, steps: end(view), wakeAtMs: nowMs };',
    mutator: 'ConditionalExpression',
    to: 'false',
    reason: GUARD,
  },
  {
    file: `${KEY}/rotation-retiring.ts`,
    line: 'const isDue = dueMs !== undefined && nowMs >= dueMs;',
    mutator: 'ConditionalExpression',
    to: 'true',
    reason: GUARD,
  },
  {
    file: `${KEY}/rotation-retiring.ts`,
    line: 'const isInUse = previousUsedAtMs !== undefined && previousUsedAtMs > switchedAtMs + SWITCH_GRACE_MS;',
    mutator: 'ConditionalExpression',
    to: 'true',
    reason: GUARD,
  },
  {
    file: `${KEY}/rotation-wanted.ts`,
    line: 'const dueMs = firstMs >= nowMs || opensAt(nowMs) === nowMs ? firstMs : opensAt(nowMs);',
    mutator: 'EqualityOperator',
    to: 'firstMs > nowMs',
    reason: 'a window that opens at this very moment is open',
  },
  {
    file: `${KEY}/rotation.ts`,
    line: 'case undefined:',
    mutator: 'ConditionalExpression',
    to: 'case undefined:',
    reason: 'a key of a rotation is announced in one write with the rotation: without one there is none to record',
  },
  {
    file: `${KEY}/rotation.ts`,
    line: "const earlier = facts.previous.find(({ keyId = '' }) => keyId !== current && isOwnLive(view, keyId));",
    mutator: 'StringLiteral',
    to: '"Stryker was here!"',
    reason: NO_KEY,
  },
  {
    file: `${KEY}/rotation.ts`,
    line: 'return { ...IDLE, keeps: [earlier.keyId], steps };',
    mutator: 'ArrayDeclaration',
    to: '[]',
    reason: BELT,
  },
  {
    file: `${KEY}/rotation.ts`,
    line: 'if (next === view.facts.mintedId) return { ...IDLE, keeps: [next], steps: deliverSteps(view, current) };',
    mutator: 'ArrayDeclaration',
    to: '[]',
    reason: BELT,
  },
  {
    file: `${KEY}/rotation.ts`,
    line: 'const madeAtMs = view.live.get(next)?.createdAtMs ?? view.facts.nowMs;',
    mutator: 'OptionalChaining',
    to: 'view.live.get(next).createdAtMs',
    reason: 'a key that is not in memory is announced and listed, or it would be none of this attempt',
  },
  {
    file: `${KEY}/rotation.ts`,
    line: ': { ...IDLE, keeps: [next], ...polled(view, next) };',
    mutator: 'ArrayDeclaration',
    to: '[]',
    reason: BELT,
  },
  {
    file: `${KEY}/rotation.ts`,
    line: 'return { ...IDLE, keeps: [next], steps };',
    mutator: 'ArrayDeclaration',
    to: '[]',
    reason: BELT,
  },
  {
    file: `${KEY}/rotation.ts`,
    line: 'return made.find((id) => id !== undefined && id !== current && candidates.has(id));',
    mutator: 'ConditionalExpression',
    to: 'true',
    reason: GUARD,
  },
  {
    file: `${KEY}/rotation.ts`,
    line: "return next.type === 'Ours' && next.credential === 'Works';",
    mutator: 'ConditionalExpression',
    to: 'true',
    reason: GUARD,
  },
  {
    file: `${KEY}/rotation.ts`,
    line: 'return untilMs === undefined',
    mutator: 'ConditionalExpression',
    to: 'false',
    reason: 'undefined is told as nothing either way',
  },
  {
    file: 'src/managed/ownership.ts',
    line: 'const isProven = found.createdAtMs !== undefined && found.createdAtMs >= claim.legacyClaimSinceMs - LEGACY_SKEW_MS;',
    mutator: 'ConditionalExpression',
    to: 'true',
    reason: GUARD,
  },
  {
    file: 'src/managed/ownership.ts',
    line: 'if (createIntent === undefined || found.createdAtMs === undefined) return false;',
    mutator: 'ConditionalExpression',
    to: 'false',
    reason: GUARD,
  },
];
