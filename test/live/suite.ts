import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startLiveOperator } from './operator.ts';
import { operatorSteps } from './operator-steps.ts';
import { find } from './probe.ts';
import { PROBES } from './probes.ts';
import { type Finding, reportMarkdown } from './report.ts';
import { Scratch } from './scratch.ts';
import type { Service } from './service.ts';
import { runSteps, type StepResult } from './step.ts';

/** How a run goes. */
export interface SuiteOptions {
  /** Where the two files of the report go. */
  readonly folder: string;
  /** Aborted: what was made is taken away, and the run ends. */
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/**
 * Asks an account every question, has the operator work for it, takes everything away and writes the report.
 * @returns whether the operator failed in nothing that was tried, and nothing was left behind
 */
export async function runSuite(service: Service, { folder, signal, say }: SuiteOptions): Promise<boolean> {
  const scratch = new Scratch(service);
  const findings: Finding[] = [];
  let steps: readonly StepResult[] = [];
  let left: readonly string[] = ['everything: it was not cleared away'];
  say(`everything is made under ${scratch.prefix}; Ctrl-C clears it away and ends`);
  try {
    for (const [index, probe] of PROBES.entries()) {
      if (signal.aborted) break;
      const finding = await find(probe, { service, scratch });
      findings.push(finding);
      say(`${index + 1}/${PROBES.length} ${finding.row}: ${finding.question}: ${finding.seen}`);
    }
    if (!signal.aborted) steps = await operate(service, scratch, signal, say);
  } finally {
    left = await scratch.clear();
    const at = new Date().toISOString();
    writeFileSync(join(folder, 'wasabi-live.json'), `${JSON.stringify({ at, findings, steps, left }, null, 2)}\n`);
    writeFileSync(join(folder, 'wasabi-live.md'), reportMarkdown(findings, steps, { at, left }));
    say('wrote wasabi-live.md and wasabi-live.json');
  }
  return left.length === 0 && steps.every(({ outcome }) => outcome !== 'failed');
}

async function operate(
  service: Service,
  scratch: Scratch,
  signal: AbortSignal,
  say: SuiteOptions['say'],
): Promise<readonly StepResult[]> {
  const operator = await startLiveOperator(service, scratch);
  try {
    return await runSteps(operatorSteps, operator, signal, ({ title, outcome, seen }) => {
      say(`operator: ${title}: ${outcome}, ${seen}`);
    });
  } finally {
    await operator.stop(); // before anything is cleared away: it would make it again
  }
}
