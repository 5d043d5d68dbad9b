import type { Change } from '../../managed/kind.ts';
import type { KeyStep, Recovery } from './facts.ts';

/** One step as the reconciler makes and names it. */
export interface KeyChange extends Change {
  readonly step: KeyStep;
  /** What follows the key in use need not wait for it. */
  readonly isOfRotation?: boolean;
}

/** A failure of it keeps no later step from being made: one key that cannot be frozen does not save the other. */
const STANDS_ALONE: ReadonlySet<KeyStep['type']> = new Set(['SetMetadata', 'DropSecret', 'FreezeKey']);
/** The events KeysFrozen and KeysThawed tell of these. */
const FREEZES: ReadonlySet<KeyStep['type']> = new Set(['RecordFrozen', 'FreezeKey', 'ThawKey']);

/** The changes of a pass, in order. Pure. */
export function changesOf({ steps, rotation }: Recovery): readonly KeyChange[] {
  return [...steps.map(changeOf), ...rotation.map(rotationChangeOf)];
}

/** What a step is called in events, logs and metrics, and what it does, for people. No key id gets into either. */
function changeOf(step: KeyStep): KeyChange {
  const isPrerequisite = !STANDS_ALONE.has(step.type);
  return {
    type: nameOf(step),
    summary: summaryOf(step),
    isPrerequisite,
    recordsTarget: step.type === 'Announce',
    isToldElsewhere: FREEZES.has(step.type),
    step,
  };
}

/** The same for a step of a rotation, which tells of itself in events of its own. */
function rotationChangeOf(step: KeyStep): KeyChange {
  return {
    ...changeOf(step),
    type: `Rotate:${nameOf(step)}`,
    isPrerequisite: true,
    isToldElsewhere: true,
    isOfRotation: true,
  };
}

function nameOf(step: KeyStep): string {
  switch (step.type) {
    case 'Mint':
      return step.why === 'New' ? 'Create' : `Replace:${step.why}`;
    case 'Revoke':
      return `Revoke:${step.why}`;
    case 'SetMetadata':
      return 'Set:metadata';
    case 'CopySecret':
      return step.as === 'Copy' ? step.type : `${step.as}Secret`;
    case 'Announce':
    case 'WriteSecret':
    case 'Prove':
    case 'Record':
    case 'RecordFrozen':
    case 'FreezeKey':
    case 'ThawKey':
    case 'Deactivate':
    case 'DropSecret':
      return step.type;
  }
}

const MINTS = {
  New: 'create the key',
  SecretLost: 'create a key, since the Secret of the last one is gone',
  SecretEdited: 'create a key, since somebody changed the Secret of the last one',
  KeyGone: 'create a key, since somebody revoked the last one',
  Rotation: 'create the key that is to replace the one in use',
} as const;

const REVOCATIONS = {
  Lost: 'revoke a key that was never delivered',
  Superseded: 'revoke the key that another one has replaced',
  EndedEarly: 'revoke an earlier key before its time, to make room',
  Asked: 'revoke a key as the annotation asks',
  Retired: 'revoke the previous key, whose time is over',
  NeverWorked: 'revoke a new key that the service never accepted',
} as const;

function summaryOf(step: KeyStep): string {
  switch (step.type) {
    case 'Announce':
      return 'announce the creation of a key';
    case 'Mint':
      return MINTS[step.why];
    case 'WriteSecret':
      return `deliver the key in Secret ${step.name}`;
    case 'CopySecret':
      return `write the key of Secret ${step.from} into Secret ${step.to}`;
    case 'Prove':
      return `try the key in Secret ${step.name}`;
    case 'Deactivate':
      return 'make the previous key inactive';
    case 'Record':
      return 'record whose the keys are';
    case 'RecordFrozen':
      return 'record which keys the freeze made inactive';
    case 'FreezeKey':
      return 'freeze: make a key inactive';
    case 'ThawKey':
      return 'thaw: make a key active again';
    case 'Revoke':
      return REVOCATIONS[step.why];
    case 'SetMetadata':
      return 'labels, annotations and owner of the Secret';
    case 'DropSecret':
      return `remove Secret ${step.name}`;
  }
}
