/** One thing that must be so. Asked at each probe, so it answers from memory, at once. */
export interface Check {
  readonly name: string;
  /** `undefined`: it is so; else why not, in words for an administrator. No credential, no name of a Secret. */
  problem(): string | undefined;
}

interface HealthAnswer {
  readonly status: 200 | 404 | 503;
  readonly isJson: boolean;
  readonly body: string;
}

/**
 * What a probe is answered. As in Kubernetes, `?verbose` gives a line a check, `?exclude=NAME` leaves one out of the verdict,
 * and `/healthz/NAME` asks one alone. Without them it is `{"status": …}`, which was published before.
 * @param probe `healthz` or `readyz`
 * @param name of the one check that is asked for
 */
export function healthAnswer(
  probe: string,
  checks: readonly Check[],
  name: string | undefined,
  query: URLSearchParams,
): HealthAnswer {
  if (name !== undefined) return answerOfOne(checks, name);
  const excluded = new Set(query.getAll('exclude'));
  const results = checks.map((check) => ({
    name: check.name,
    problem: excluded.has(check.name) ? undefined : problemOf(check),
    isExcluded: excluded.delete(check.name),
  }));
  const isOk = results.every(({ problem }) => problem === undefined);
  const status = isOk ? 200 : 503;
  if (query.has('verbose')) {
    const lines = results.map(({ problem, isExcluded, ...result }) => {
      if (isExcluded) return `[+]${result.name} excluded: ok`;
      return problem === undefined ? `[+]${result.name} ok` : `[-]${result.name} failed: ${problem}`;
    });
    const strangers = [...excluded].map((one) => JSON.stringify(one)).join(', ');
    if (strangers !== '') lines.push(`warn: some checks cannot be excluded: no matches for ${strangers}`);
    lines.push(`${probe} check ${isOk ? 'passed' : 'failed'}`);
    return { status, isJson: false, body: `${lines.join('\n')}\n` };
  }
  const told = results
    .filter(({ isExcluded }) => !isExcluded)
    .map((each) => [each.name, each.problem ?? 'ok'] as const);
  const body = { status: isOk ? 'ok' : 'unavailable', checks: Object.fromEntries(told) };
  return { status, isJson: true, body: `${JSON.stringify(body)}\n` };
}

function answerOfOne(checks: readonly Check[], name: string): HealthAnswer {
  const check = checks.find((each) => each.name === name);
  if (check === undefined) {
    const names = checks.map((each) => each.name).join(', ');
    return { status: 404, isJson: false, body: `no such check; there are: ${names}\n` };
  }
  const problem = problemOf(check);
  return { status: problem === undefined ? 200 : 503, isJson: false, body: `${problem ?? 'ok'}\n` };
}

/** A check that cannot tell is one that fails. */
function problemOf(check: Check): string | undefined {
  try {
    return check.problem();
  } catch {
    return 'the check itself failed';
  }
}
