import type { FaultEffect } from './fault-schema.ts';

/** What the effects that hit one call come to together. */
export interface FaultCourse {
  /** Milliseconds before the call is worked on, and between its effect and its answer. */
  readonly waitMs: number;
  readonly answerWaitMs: number;
  /** By how much the clock is wrong that the signature is held against, and that the answer's `Date` tells. */
  readonly skewMs: number;
  /** How long ago the state was that the call sees; 0: now. */
  readonly staleMs: number;
  /** The refusal that takes the place of the answer. */
  readonly refusal: FaultRefusal | undefined;
  /** Whether the call is worked on, whatever is answered. */
  readonly hasEffect: boolean;
  /** How the answer fails to arrive. */
  readonly loss: Extract<FaultEffect, { readonly type: 'hang' | 'reset' | 'truncate' }> | undefined;
}

/** An answer that a fault makes. */
export interface FaultRefusal {
  readonly status: number;
  readonly code: string;
  readonly retryAfterSeconds?: number | undefined;
}

/** Adds up what hit one call. Pure. */
export function courseOf(effects: readonly FaultEffect[]): FaultCourse {
  const end = effects.at(-1);
  const loss = end?.type === 'hang' || end?.type === 'reset' || end?.type === 'truncate' ? end : undefined;
  return {
    waitMs: sumOf(effects, (effect) => (effect.type === 'latency' && effect.when !== 'after' ? effect.ms : 0)),
    answerWaitMs: sumOf(effects, (effect) => (effect.type === 'latency' && effect.when === 'after' ? effect.ms : 0)),
    skewMs: sumOf(effects, (effect) => (effect.type === 'skew' ? effect.ms : 0)),
    staleMs: Math.max(0, ...effects.map((effect) => (effect.type === 'stale' ? effect.ms : 0))),
    refusal: end && refusalOf(end),
    hasEffect: end === undefined || hasEffect(end),
    loss,
  };
}

function sumOf(effects: readonly FaultEffect[], msOf: (effect: FaultEffect) => number): number {
  return effects.reduce((sum, effect) => sum + msOf(effect), 0);
}

function refusalOf(effect: FaultEffect): FaultRefusal | undefined {
  switch (effect.type) {
    case 'error':
      return effect;
    case 'throttle':
      return { status: 503, code: 'SlowDown', retryAfterSeconds: effect.retryAfterSeconds };
    case 'rate': {
      const { status = 503, code = 'SlowDown', retryAfterSeconds } = effect;
      return { status, code, retryAfterSeconds };
    }
    case 'latency':
    case 'skew':
    case 'stale':
    case 'hang':
    case 'reset':
    case 'truncate':
      return undefined;
  }
}

function hasEffect(effect: FaultEffect): boolean {
  switch (effect.type) {
    case 'throttle':
    case 'rate':
      return false;
    case 'error':
    case 'hang':
      return effect.when === 'after';
    case 'reset':
      return effect.when !== 'before';
    case 'latency':
    case 'skew':
    case 'stale':
    case 'truncate':
      return true;
  }
}

/** How the log tells of a call that is never answered; `undefined`: it is. Pure. */
export function markOf({ loss }: FaultCourse): { readonly status: 0 | -1; readonly code: string } | undefined {
  if (loss?.type === 'hang') return { status: -1, code: loss.when === 'after' ? 'HangAfterEffect' : 'Hang' };
  if (loss?.type !== 'reset' || loss.when === 'body') return undefined;
  return { status: 0, code: loss.when === 'after' ? 'ResetAfterEffect' : 'Reset' };
}
