import type { Change } from '../../managed/kind.ts';
import type { KeyStep } from './facts.ts';

/** One step as the reconciler makes and names it. */
export interface KeyChange extends Change {
  readonly step: KeyStep;
}

/** What a step is called in events, logs and metrics, and what it does, for people. No key id gets into either. Pure. */
export function changeOf(step: KeyStep): KeyChange {
  const isPrerequisite = step.type !== 'SetMetadata' && step.type !== 'DropSecret';
  return { type: nameOf(step), summary: summaryOf(step), isPrerequisite, step };
}

function nameOf(step: KeyStep): string {
  switch (step.type) {
    case 'Mint':
      return step.why === 'New' ? 'Create' : `Replace:${step.why}`;
    case 'Revoke':
      return `Revoke:${step.why}`;
    case 'SetMetadata':
      return 'Set:metadata';
    case 'Announce':
    case 'WriteSecret':
    case 'CopySecret':
    case 'Record':
    case 'DropSecret':
      return step.type;
  }
}

const MINTS = {
  New: 'create the key',
  SecretLost: 'create a key, since the Secret of the last one is gone',
  SecretEdited: 'create a key, since somebody changed the Secret of the last one',
  KeyGone: 'create a key, since somebody revoked the last one',
} as const;

const REVOCATIONS = {
  Lost: 'revoke a key that was never delivered',
  Superseded: 'revoke the key that another one has replaced',
  EndedEarly: 'revoke an earlier key before its time, to make room',
  Asked: 'revoke a key as the annotation asks',
} as const;

function summaryOf(step: KeyStep): string {
  switch (step.type) {
    case 'Announce':
      return 'announce the creation of a key';
    case 'Mint':
      return MINTS[step.why];
    case 'WriteSecret':
      return 'deliver the key in its Secret';
    case 'CopySecret':
      return `deliver the key under its new name, from Secret ${step.from}`;
    case 'Record':
      return 'record whose the keys are';
    case 'Revoke':
      return REVOCATIONS[step.why];
    case 'SetMetadata':
      return 'labels, annotations and owner of the Secret';
    case 'DropSecret':
      return `remove Secret ${step.name}`;
  }
}
