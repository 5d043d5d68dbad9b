import type { KeyFacts, KeyLists, KeyStep } from '../facts.ts';
import { recover } from '../recovery.ts';
import { facts, NAMES, NOW } from './facts.ts';

/**
 * Steps in short, such as `Announce 2 own=A,B`, then the problem, then the foreign keys. The names of Secrets are left out
 * where they are those that such a step always has.
 */
export function verdict(changes: Partial<KeyFacts>): readonly string[] {
  const { steps, rotation, problem, foreign } = recover(facts(changes));
  const by = problem !== undefined && 'frozenBy' in problem ? ` by ${problem.frozenBy}` : '';
  const works = problem === undefined || problem.isUnusable || 'isOfRotation' in problem ? '' : ', a key works';
  const until = problem?.untilMs === undefined ? '' : ` until +${(problem.untilMs - NOW) / 1_000} s`;
  return [
    ...[...steps, ...rotation].map(short),
    ...(problem === undefined ? [] : [`! ${problem.reason}${by}${until}${works}`]),
    ...(foreign.length === 0 ? [] : [`foreign ${foreign.join(',')}`]),
  ];
}

function short(step: KeyStep): string {
  switch (step.type) {
    case 'Announce':
      return `Announce ${step.attempt}${lists(step.lists)}${at(step.rotation)}${into(step)}`;
    case 'Mint':
      return `Mint ${step.why}`;
    case 'Record':
      return `Record${lists(step.lists)}${step.addsMinted ? ' +minted' : ''}${at(step.rotation)}`;
    case 'Revoke':
      return `Revoke ${step.keyId} ${step.why}`;
    case 'RecordFrozen':
      return `RecordFrozen ${step.keys.join(',')}${lists(step.lists)}`;
    case 'FreezeKey':
    case 'ThawKey':
    case 'Deactivate':
      return `${step.type} ${step.keyId}`;
    case 'CopySecret':
      return copied(step);
    case 'Prove':
    case 'DropSecret':
      return `${step.type} ${place(step.name)}`;
    case 'WriteSecret':
      return step.name === NAMES.wanted ? step.type : `${step.type} ${place(step.name)}`;
    case 'SetMetadata':
      return step.type;
  }
}

/** Where the key of an announced create goes, where it is not where such a key belongs. */
function into({ secretName, rotation }: Extract<KeyStep, { type: 'Announce' }>): string {
  return secretName === (rotation === undefined ? NAMES.wanted : NAMES.next) ? '' : ` into ${secretName}`;
}

function copied({ from, to, as }: Extract<KeyStep, { type: 'CopySecret' }>): string {
  const usual = {
    Copy: [from, NAMES.wanted],
    Keep: [NAMES.wanted, NAMES.previous],
    Switch: [NAMES.next, NAMES.wanted],
  };
  const places = from === usual[as][0] && to === usual[as][1] ? '' : ` from ${from} to ${to}`;
  return as === 'Copy' ? `CopySecret ${from}${places}` : `${as}${places}`;
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

function lists({ own, claimed, inherited }: KeyLists): string {
  return `${ids(own)}${ids(claimed, 'claimed')}${ids(inherited, 'inherited')}`;
}

function ids(list: readonly string[], name = 'own'): string {
  return list.length === 0 ? '' : ` ${name}=${list.join(',')}`;
}
