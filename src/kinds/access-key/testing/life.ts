import { changesOf } from '../changes.ts';
import type { KeyBook, KeyFacts, KeyStep, RotationRecord, RotationStep, SecretFact } from '../facts.ts';
import { recover } from '../recovery.ts';
import { book, facts, NAMES, rotate } from './facts.ts';

/** How a simulated life goes. Milliseconds. */
export interface LifeOptions {
  readonly intervalMs: number;
  readonly retentionMs: number;
  /** The service accepts a new key so long after it was made. */
  readonly acceptedAfterMs: number;
  /** What each step takes. */
  readonly stepMs: number;
  /** How long the life is looked at. */
  readonly lastsMs: number;
}

/** What a key is: made, and not known to work; found to work; in the Secret that workloads read; replaced there; inactive. */
export type KeyPhase = 'made' | 'tried' | 'published' | 'retained' | 'deactivated';

/** How everything stands after something was done, or tried. */
export interface Moment {
  /** Since the life began, ms. */
  readonly atMs: number;
  /** What was done, in the operator's words; undefined: a key was tried on the way to see what to do. */
  readonly did: string | undefined;
  /** The keys that live, oldest first. */
  readonly phases: ReadonlyMap<string, KeyPhase>;
  /** By name of the Secret, which key it holds. */
  readonly secrets: ReadonlyMap<string, string>;
  readonly step: RotationStep | undefined;
  /** The key that was tried. */
  readonly trial: { readonly keyId: string; readonly works: boolean } | undefined;
}

/** What time heals is looked at again after this, ms. */
const RETRY_MS = 1_000;
/** A life has fewer passes: a decision that asks for a pass without end is a defect. */
const MAX_PASSES = 10_000;
const ATTEMPT_MS = 30_000;
const STARTED_MS = Date.parse('2026-01-01T00:00:00Z');

/**
 * The life of one AccessKey, from its first key on, as the operator's own decision makes it: facts in, steps out, and
 * nothing done that `recover` does not ask for. Pure. @throws Error when the decision asks for what an undisturbed life has
 * no use for
 */
export function simulateLife(options: LifeOptions): readonly Moment[] {
  const life = new Life(options);
  for (let pass = 0; pass < MAX_PASSES; pass += 1) {
    if (!life.pass()) return life.moments;
  }
  throw new Error(`the life did not end in ${MAX_PASSES} passes: ${JSON.stringify(life.moments.at(-1))}`);
}

interface SimulatedKey {
  readonly madeAtMs: number;
  readonly isActive: boolean;
}

class Life {
  readonly moments: Moment[] = [];
  readonly #options: LifeOptions;
  readonly #keys = new Map<string, SimulatedKey>();
  readonly #secrets = new Map<string, string>();
  /** Keys that were found to work, and keys that workloads were given. */
  readonly #proven = new Set<string>();
  readonly #published = new Set<string>();
  #book: KeyBook = book({ attempt: 0 });
  #nowMs = STARTED_MS;
  #made = 0;
  #minted: string | undefined;
  #delivered: string | undefined;

  constructor(options: LifeOptions) {
    this.#options = options;
  }

  /** Looks, and does what is to be done, or waits for the time that is named. @returns false: the life is over */
  pass(): boolean {
    if (this.#nowMs - STARTED_MS > this.#options.lastsMs) return false;
    const recovery = recover(this.#facts());
    const { current, problem, wakeAtMs } = recovery;
    if (current !== undefined && this.#proven.has(current)) this.#book = { ...this.#book, currentKey: current };
    const changes = changesOf(recovery);
    for (const { step, summary } of changes) {
      this.#nowMs += this.#options.stepMs;
      const isDone = this.#apply(step);
      const tried = step.type === 'Prove' ? this.#secrets.get(step.name) : undefined;
      this.#note(summary, tried === undefined ? undefined : { keyId: tried, works: isDone });
      if (!isDone) return true;
    }
    if (changes.length > 0) return true;
    const nextMs = wakeAtMs ?? (problem === undefined ? undefined : this.#nowMs + RETRY_MS);
    if (nextMs === undefined) return false;
    this.#nowMs = nextMs;
    return true;
  }

  #facts(): KeyFacts {
    const { intervalMs, retentionMs } = this.#options;
    const previousKey = this.#secrets.get(NAMES.previous);
    return facts({
      nowMs: this.#nowMs,
      holder: HOLDER,
      book: this.#book,
      objectCreatedAtMs: STARTED_MS,
      keys: [...this.#keys].map(([id, { madeAtMs, isActive }]) => ({ id, createdAtMs: madeAtMs, isActive })),
      rotate: rotate({ intervalMs, retentionMs }),
      wanted: this.#secretFact(NAMES.wanted),
      next: this.#secretFact(NAMES.next),
      previous: previousKey === undefined ? [] : [{ name: NAMES.previous, keyId: previousKey, isProven: false }],
      mintedId: this.#minted,
    });
  }

  /** A key that was not found to work yet is tried, as a pass does when it reads a Secret. */
  #secretFact(name: string): SecretFact {
    const keyId = this.#secrets.get(name);
    if (keyId === undefined) return { type: 'Absent' };
    const key = this.#keys.get(keyId);
    const common = { type: 'Ours', keyId, mintedAtMs: key?.madeAtMs, hasDrifted: false } as const;
    if (key === undefined) return { ...common, credential: 'Untried' };
    if (!key.isActive) return { ...common, credential: 'Inactive' };
    if (this.#proven.has(keyId)) return { ...common, credential: 'Works' };
    const works = this.#works(keyId);
    this.#note(undefined, { keyId, works });
    return { ...common, credential: works ? 'Works' : 'Pending' };
  }

  #works(keyId: string): boolean {
    const { madeAtMs } = this.#keys.get(keyId) ?? { madeAtMs: Number.POSITIVE_INFINITY };
    const works = this.#nowMs >= madeAtMs + this.#options.acceptedAfterMs;
    if (works) this.#proven.add(keyId);
    return works;
  }

  /** @returns false: the rest waits for a later pass */
  #apply(step: KeyStep): boolean {
    switch (step.type) {
      case 'Announce':
        this.#announce(step);
        return true;
      case 'Mint':
        this.#minted = String.fromCharCode('A'.charCodeAt(0) + this.#made);
        this.#made += 1;
        this.#keys.set(this.#minted, { madeAtMs: this.#nowMs, isActive: true });
        return true;
      case 'WriteSecret':
        this.#delivered = this.#minted;
        this.#minted = undefined;
        return this.#write(step.name, this.#delivered);
      case 'CopySecret':
        return this.#write(step.to, this.#secrets.get(step.from));
      case 'Prove':
        return this.#works(this.#secrets.get(step.name) ?? '');
      case 'Record':
        this.#record(step);
        return true;
      case 'Deactivate':
        this.#keys.set(step.keyId, { madeAtMs: this.#keys.get(step.keyId)?.madeAtMs ?? 0, isActive: false });
        return true;
      case 'Revoke':
        this.#keys.delete(step.keyId);
        return true;
      case 'DropSecret':
        this.#secrets.delete(step.name);
        return true;
      case 'SetMetadata':
      case 'RecordFrozen':
      case 'FreezeKey':
      case 'ThawKey':
        throw new Error(`nobody disturbs this life, and the decision asks for ${step.type}`);
    }
  }

  #write(name: string, keyId: string | undefined): true {
    if (keyId === undefined) throw new Error(`there is no key for Secret ${name}`);
    this.#secrets.set(name, keyId);
    if (name === NAMES.wanted) this.#published.add(keyId);
    return true;
  }

  #announce({ attempt, lists, secretName, rotation }: Extract<KeyStep, { type: 'Announce' }>): void {
    const span = { fromMs: this.#nowMs, untilMs: this.#nowMs + ATTEMPT_MS };
    const mint = { attempt, holder: HOLDER.identity, epoch: HOLDER.epoch, ...span, secretName };
    this.#book = {
      ...this.#book,
      ...listed(lists.own),
      mint: { ...mint, knownKeys: new Set(this.#keys.keys()) },
      ...(rotation === undefined ? {} : this.#rotationIs(rotation)),
    };
  }

  #record({ lists, addsMinted, rotation }: Extract<KeyStep, { type: 'Record' }>): void {
    const minted = addsMinted && this.#delivered !== undefined ? [this.#delivered] : [];
    this.#book = {
      ...this.#book,
      ...listed([...new Set([...lists.own, ...minted])]),
      previousSecrets: this.#secrets.has(NAMES.previous) ? [NAMES.previous] : [],
      mint: undefined,
      attempt: this.#book.mint?.attempt ?? this.#book.attempt,
      ...(rotation === undefined ? {} : this.#rotationIs(rotation)),
    };
  }

  #rotationIs(rotation: RotationRecord | null): Pick<KeyBook, 'rotation'> {
    if (rotation === null) return { rotation: undefined };
    const { step, previousKey } = rotation;
    return { rotation: { step, reason: 'Due', sinceMs: this.#nowMs, previousKey } };
  }

  #note(did: string | undefined, trial: Moment['trial']): void {
    this.moments.push({
      atMs: this.#nowMs - STARTED_MS,
      did,
      phases: new Map([...this.#keys].map(([id, { isActive }]) => [id, this.#phaseOf(id, isActive)])),
      secrets: new Map(this.#secrets),
      step: this.#book.rotation?.step,
      trial,
    });
  }

  #phaseOf(id: string, isActive: boolean): KeyPhase {
    if (!isActive) return 'deactivated';
    if (this.#secrets.get(NAMES.wanted) === id) return 'published';
    if (this.#published.has(id)) return 'retained';
    return this.#proven.has(id) ? 'tried' : 'made';
  }
}

const HOLDER = { identity: 'me', epoch: 1 };

function listed(ownKeys: readonly string[]): Pick<KeyBook, 'isRecorded' | 'ownKeys'> {
  return { isRecorded: true, ownKeys };
}
