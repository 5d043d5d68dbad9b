import type { ServiceName } from './authentication.ts';

/** One call as it was answered. */
export interface LoggedCall {
  /** Counts from 1 since the start; a number is never used twice. */
  readonly seq: number;
  /** Milliseconds on a monotonic clock, when the call had come in whole. */
  readonly atMs: number;
  readonly service: ServiceName;
  /** AWS's name, such as `PutBucketTagging`; '' when it could not be told. */
  readonly operation: string;
  readonly region: string;
  readonly bucket: string | undefined;
  readonly key: string | undefined;
  /** The user that an IAM call names. */
  readonly userName: string | undefined;
  /** The policy that an IAM call names, by its name or its ARN. */
  readonly policy: string | undefined;
  /** The account of a verified signature. */
  readonly accountId: string | undefined;
  /** The key id that the request named, whether it was right or not. */
  readonly accessKeyId: string | undefined;
  readonly userAgent: string;
  /** 0: the connection was cut by a fault, nothing was answered. -1: left open without an answer. */
  readonly status: number;
  /** The code of an error answer; '' for success. */
  readonly code: string;
  /** Whether the operation changes something when it succeeds. */
  readonly mutating: boolean;
  /** The state's revision before and after the call: equal where it changed nothing. */
  readonly revisionBefore: number;
  readonly revision: number;
}

/** The calls so far, oldest first; the oldest go when there are too many. */
export class CallLog {
  readonly calls: LoggedCall[] = [];
  readonly #limit: number;
  #seq = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(call: Omit<LoggedCall, 'seq'>): void {
    this.#seq += 1;
    this.calls.push({ seq: this.#seq, ...call });
    // In slices: taking one off the front of a long list each time would cost more than the call itself.
    if (this.calls.length > this.#limit * 1.1) this.calls.splice(0, this.calls.length - this.#limit);
  }

  /** Those after a number. */
  since(seq: number): readonly LoggedCall[] {
    return this.calls.filter((call) => call.seq > seq);
  }
}
