import { DEFAULT_QUIRKS, type QuirkName, type Quirks } from '../../src/emulator/quirks.ts';
import type { StepResult } from './step.ts';

/** What one probe found out. */
export interface Finding {
  /** Of docs/wasabi.md. */
  readonly row: string;
  readonly question: string;
  /** As it was answered, such as `405 MethodNotAllowed`. */
  readonly seen: string;
  /** The switch of the emulator that it decides. */
  readonly quirk?: QuirkName;
  /** The value of that switch that it speaks for; absent: it tells nothing. */
  readonly reading?: Quirks[QuirkName];
}

/** What follows for the emulator from a finding. Pure. */
export function verdictOf({ quirk, reading, seen }: Finding): string {
  if (seen.startsWith('not asked:')) return 'open';
  if (quirk === undefined) return 'compare with the row';
  const now = String(DEFAULT_QUIRKS[quirk]);
  if (reading === undefined) return `open: tells nothing of \`${quirk}\` (${now})`;
  if (String(reading) === now) return `confirms \`${quirk}\`: ${now}`;
  return `**change** \`${quirk}\` from ${now} to ${String(reading)}: move it to the front in src/emulator/quirks.ts`;
}

/** The report for people: what was asked, what was seen, what to change, and what the operator did. Pure. */
export function reportMarkdown(
  findings: readonly Finding[],
  steps: readonly StepResult[],
  about: { readonly at: string; readonly left: readonly string[] },
): string {
  const done = steps.filter(({ outcome }) => outcome === 'ok');
  const changes = findings.filter((finding) => verdictOf(finding).startsWith('**change**'));
  return [
    '# What a live account of Wasabi answered',
    '',
    `Asked ${about.at}. ${findings.length} questions, ${changes.length} switches of the emulator to change.`,
    `The operator did ${done.length} of ${steps.length} things.`,
    '',
    '| Row | Question | Seen | What follows |',
    '| --- | --- | --- | --- |',
    ...findings.map((finding) => {
      const { row, question, seen } = finding;
      return `| ${row} | ${question} | ${cell(seen)} | ${verdictOf(finding)} |`;
    }),
    '',
    '## What the operator did',
    '',
    '| Step | Seen | Outcome |',
    '| --- | --- | --- |',
    ...steps.map(({ title, seen, outcome }) => `| ${title} | ${cell(seen)} | ${outcome} |`),
    '',
    '## What is left',
    '',
    ...(about.left.length === 0
      ? ['Everything that was made is gone again.']
      : ['Left behind, to be deleted by hand:', '', ...about.left.map((line) => `- ${line}`)]),
    '',
  ].join('\n');
}

/** Text for a cell of a table. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
