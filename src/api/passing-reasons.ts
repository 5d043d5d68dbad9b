import { NOTHING, type ReasonDoc, WAIT } from './reason-doc.ts';

/** Time heals, or the defect is ours. */
export const passing = {
  NotFound: { means: 'The external resource does not exist.', next: 'Nothing, unless under mode Observe.' },
  KeyNotUsable: { means: 'The service does not accept the new access key yet.', next: WAIT },
  RotationFailed: {
    means: 'The service never accepted the key that was to replace the one in use, which stays.',
    next: 'Nothing: it is tried again within the hour. If it lasts, look whether the service accepts new keys.',
  },
  MintUnderWay: {
    means: 'Another process announced that it creates the key, or the answer to our own call is missing.',
    next: 'Nothing: the announced time passes, then the operator looks and goes on.',
  },
  NotYetInEffect: { means: 'A change was made and is not seen yet.', next: WAIT },
  Throttled: { means: 'The service asks to slow down.', next: 'Nothing: calls of the account go on more slowly.' },
  Transient: { means: 'The pass failed on something that passes.', next: WAIT },
  Conflict: { means: 'Something else changes the external resource at this moment.', next: WAIT },
  StaleRead: { means: "The operator's copy of the object was behind.", next: NOTHING },
  ServiceFailed: { means: 'The service failed.', next: WAIT },
  Timeout: { means: 'No whole answer came in time.', next: WAIT },
  ConnectionFailed: { means: 'No connection to the endpoint could be made.', next: WAIT },
  ConnectionLost: { means: 'The connection broke before the whole answer came.', next: WAIT },
  DNSLookupFailed: { means: 'The name of the endpoint could not be resolved.', next: WAIT },
  UnexpectedAnswer: { means: 'The service answered with something unknown.', next: WAIT },
  UnreadableAnswer: { means: 'The answer could not be read, or it is too large.', next: WAIT },
  ClockSkew: {
    means: 'The clocks of the operator and of the service differ too much for signed calls.',
    next: "Set the clock of the operator's node.",
  },
  NotLeader: { means: 'This process is not the leader (any more).', next: NOTHING },
  Cancelled: { means: "The pass was ended by the operator's shutdown or its deadline.", next: NOTHING },
  Unsupported: {
    means: 'The service cannot do what the fields in the message ask for.',
    next: 'Take the fields out, or live with it. It is asked again daily.',
  },
  Internal: { means: 'A defect of the operator.', next: 'Report it with the log of that pass.' },
} as const satisfies Record<string, ReasonDoc>;
