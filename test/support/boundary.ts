import { isIamWrite, isS3Write } from './answers.ts';
import { kubeCallOf, operationOf } from './call-names.ts';
import type { Side } from './crash-victim.ts';
import type { ProxiedCall } from './proxy.ts';

/** A call of an operator by what it does: the same one in every run of a path, whatever comes before it. */
export interface Boundary {
  readonly side: Side;
  /** Such as `PutBucketTagging` or `patch buckets/status it`. */
  readonly call: string;
  /** The how manieth of that name on the path, from 1. */
  readonly time: number;
}

/** A call that an undisturbed run made. */
export interface LearnedCall extends Boundary {
  /** It changes an object or something in the service. Events do not count. */
  readonly isWrite: boolean;
}

/** What the call is called, whatever the path's bucket is called in this run. Pure. */
export function callName(side: Side, call: ProxiedCall, bucket: string): string {
  return (side === 'kube' ? kubeCallOf(call) : operationOf(call)).replaceAll(bucket, 'NAME');
}

/** The calls of one side in their order, each with its number among those of its name. Pure. */
export function learned(side: Side, calls: readonly ProxiedCall[], bucket: string): readonly LearnedCall[] {
  const times = new Map<string, number>();
  return calls.map((proxied) => {
    const call = callName(side, proxied, bucket);
    const time = (times.get(call) ?? 0) + 1;
    times.set(call, time);
    return { side, call, time, isWrite: isWrite(side, proxied) };
  });
}

/** Such as `wasabi PutBucketTagging, 2nd`. Pure. */
export function boundaryText({ side, call, time }: Boundary): string {
  return `${side} ${call}, ${ordinalText(time)}`;
}

/** 1st, 2nd, 3rd, 4th, 11th, 21st. Pure. */
export function ordinalText(count: number): string {
  const last = count % 100 > 10 && count % 100 < 14 ? 0 : count % 10;
  return `${count}${['th', 'st', 'nd', 'rd'][last] ?? 'th'}`;
}

function isWrite(side: Side, call: ProxiedCall): boolean {
  if (side === 'wasabi') return isS3Write(call) || isIamWrite(call);
  return call.method !== 'GET' && !/\/events|dryRun/.test(call.url);
}
