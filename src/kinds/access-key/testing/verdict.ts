import type { KeyFacts, KeyStep } from '../facts.ts';
import { recover } from '../recovery.ts';
import { facts, NAMES, NOW } from './facts.ts';

/** Steps in short, such as `Announce 2 own=A,B`, then the problem, then the foreign keys. */
export function verdict(changes: Partial<KeyFacts>): readonly string[] {
  const { steps, rotation, problem, foreign } = recover(facts(changes));
  const by =
    problem === undefined || !('frozenBy' in problem)
      ? ''
      : ` by ${problem.frozenBy}${problem.isUnusable ? '' : ', a key works'}`;
  const until = problem?.untilMs === undefined ? '' : ` until +${(problem.untilMs - NOW) / 1_000} s`;
  return [
    ...[...steps, ...rotation].map(short),
    ...(problem === undefined ? [] : [`! ${problem.reason}${by}${until}`]),
    ...(foreign.length === 0 ? [] : [`foreign ${foreign.join(',')}`]),
  ];
}

function short(step: KeyStep): string {
  switch (step.type) {
    case 'Announce':
      return `Announce ${step.attempt}${ids(step.lists.own)}${at(step.rotation)}`;
    case 'Mint':
      return `Mint ${step.why}`;
    case 'Record':
      return `Record${ids(step.lists.own)}${ids(step.lists.claimed, 'claimed')}${ids(step.lists.inherited, 'inherited')}${step.addsMinted ? ' +minted' : ''}${at(step.rotation)}`;
    case 'Revoke':
      return `Revoke ${step.keyId} ${step.why}`;
    case 'RecordFrozen':
      return `RecordFrozen ${step.keys.join(',')}${ids(step.lists.own)}`;
    case 'FreezeKey':
    case 'ThawKey':
    case 'Deactivate':
      return `${step.type} ${step.keyId}`;
    case 'CopySecret':
      return step.as === 'Copy' ? `CopySecret ${step.from}` : step.as;
    case 'Prove':
    case 'DropSecret':
      return `${step.type} ${place(step.name)}`;
    case 'WriteSecret':
      return step.name === NAMES.wanted ? step.type : `${step.type} ${place(step.name)}`;
    case 'SetMetadata':
      return step.type;
  }
}

function at(rotation: Extract<KeyStep, { type: 'Record' }>['rotation']): string {
  if (rotation === undefined) return '';
  return rotation === null
    ? ' over'
    : ` ${rotation.step}${rotation.previousKey === undefined ? '' : ` ${rotation.previousKey}`}`;
}

function place(name: string): string {
  return name === NAMES.next ? 'next' : name === NAMES.previous ? 'previous' : name;
}

function ids(list: readonly string[], name = 'own'): string {
  return list.length === 0 ? '' : ` ${name}=${list.join(',')}`;
}
