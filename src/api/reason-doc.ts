/** What a reason says to the reader of `kubectl describe`. */
export interface ReasonDoc {
  readonly means: string;
  /** What to do next; nothing where time or the operator alone acts. */
  readonly next: string;
}

/** Nobody has to act. */
export const NOTHING = 'Nothing.';
/** The operator acts by itself. */
export const WAIT = 'Nothing: the operator tries again, less and less often. If it lasts, read the message.';
