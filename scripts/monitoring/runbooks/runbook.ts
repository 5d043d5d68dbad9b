/** A question, and what answers it: a command as it is typed, or a query of Prometheus. */
export interface Look {
  readonly question: string;
  /** `sh`: works as written, whatever the names of the reader's objects are. */
  readonly language: 'sh' | 'promql';
  readonly text: string;
  /** Whether there is an answer only where the operator runs in pods of the chart. */
  readonly needsPods?: boolean;
}

/** What may be behind an alert. */
export interface Cause {
  readonly cause: string;
  /** How it is told from the others. */
  readonly sign: string;
  readonly mending: string;
}

/** What somebody reads whom an alert woke, beside what the alert itself says. */
export interface Runbook {
  readonly affected: string;
  readonly unaffected: string;
  /** In this order. */
  readonly looks: readonly Look[];
  /** The likeliest first. */
  readonly causes: readonly Cause[];
  /** When it is no longer a matter for whoever is on call, and whose it is. */
  readonly escalation: string;
  /** When to leave the alert out for good, and what to watch instead. */
  readonly silence: string;
}

/** A command. */
export function sh(question: string, text: string): Look {
  return { question, language: 'sh', text };
}

/** A command that asks pods of the chart. */
export function pods(question: string, text: string): Look {
  return { question, language: 'sh', text, needsPods: true };
}

/** A query of Prometheus. */
export function promql(question: string, text: string): Look {
  return { question, language: 'promql', text };
}

/** One row of the table of causes. */
export function cause(what: string, sign: string, mending: string): Cause {
  return { cause: what, sign, mending };
}

/** The warnings of the last hour about objects of that kind. */
export function warnings(kind: string): Look {
  const filter = `type=Warning,involvedObject.kind=${kind}`;
  return sh('What was told of it lately?', `kubectl get events -A --field-selector ${filter} --sort-by=.lastTimestamp`);
}

/** The last words of the operator. */
export const LOG = pods(
  'What does the operator say?',
  'kubectl -n wasabi-system logs deploy/wasabi-s3-operator --tail=2000 | grep -E \'"level":"(warn|error)"\'',
);
