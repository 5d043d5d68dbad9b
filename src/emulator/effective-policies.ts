import type { Account, Identity } from './accounts.ts';
import type { PolicyHolder } from './iam/entities.ts';
import { findPolicy } from './iam/managed-policies.ts';

interface Older {
  /** What was changed then is not in effect before. */
  readonly untilMs: number;
  readonly documents: readonly string[];
}

/** What identities may do by their policies, as the service knows it: some time behind what was written (W34). */
export class EffectivePolicies {
  readonly #delayMs: number;
  /** What held before each change that is not in effect yet, oldest first, by unique id. */
  readonly #older = new Map<string, Older[]>();

  constructor(delayMs: number) {
    this.#delayMs = delayMs;
  }

  /** The texts of the policies that speak for an identity now. */
  documentsOf(account: Account, identity: Identity, nowMs: number): readonly string[] {
    const holder = holderOf(account, identity);
    if (holder === undefined) return [];
    const stale = this.#older.get(holder.id)?.find(({ untilMs }) => untilMs > nowMs);
    return stale?.documents ?? documentsOf(account, holder);
  }

  /** Makes a change and keeps what it changed in effect for a while. */
  change<T>(account: Account, nowMs: number, make: () => T): T {
    if (this.#delayMs === 0) return make();
    const before = new Map(holdersIn(account).map((holder) => [holder.id, documentsOf(account, holder)]));
    try {
      return make();
    } finally {
      for (const holder of holdersIn(account))
        this.#keep(holder.id, before.get(holder.id) ?? [], account, holder, nowMs);
    }
  }

  #keep(id: string, before: readonly string[], account: Account, holder: Holder, nowMs: number): void {
    const after = documentsOf(account, holder);
    if (after.length === before.length && after.every((text, index) => text === before[index])) return;
    const left = (this.#older.get(id) ?? []).filter(({ untilMs }) => untilMs > nowMs);
    this.#older.set(id, [...left, { untilMs: nowMs + this.#delayMs, documents: before }]);
  }
}

interface Holder extends PolicyHolder {
  readonly id: string;
  readonly groupNames: readonly string[];
}

function holdersIn({ users, roles }: Account): readonly Holder[] {
  return [
    ...[...users.values()].map((user) => ({ ...user, id: user.userId })),
    ...[...roles.values()].map((role) => ({ ...role, id: role.roleId, groupNames: [] })),
  ];
}

function holderOf({ users, roles }: Account, { userName, roleName }: Identity): Holder | undefined {
  const user = users.get(userName ?? '');
  if (user !== undefined) return { ...user, id: user.userId };
  const role = roles.get(roleName ?? '');
  return role && { ...role, id: role.roleId, groupNames: [] };
}

function documentsOf(account: Account, holder: Holder): readonly string[] {
  const groups = holder.groupNames.flatMap((name) => account.groups.get(name) ?? []);
  return [holder, ...groups].flatMap(({ inlinePolicies, attachedPolicies }) => [
    ...inlinePolicies.values(),
    ...[...attachedPolicies.keys()].flatMap((arn) => {
      const policy = findPolicy(account, arn);
      return policy?.versions.get(policy.defaultVersionId)?.document ?? [];
    }),
  ]);
}
