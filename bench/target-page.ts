import { markdownTable, withSection } from './page.ts';
import { commandOfTarget, type KeptRun, measuredText, missText, summaryOf, type Target } from './target.ts';

const SECTION = {
  begin: '<!-- targets: written by npm run bench -- --table -->',
  end: '<!-- end of targets -->',
};
/** An operator that is a commit of this repository, with `+` for a changed tree. */
const OWN = /^[0-9a-f]*\+?$/;

/** The page with its table of targets made anew of what this repository's operators were found to reach. Pure. @throws Error without markers */
export function withTargets(page: string, rows: readonly Target[], kept: readonly KeptRun[]): string {
  const own = kept.filter(({ operator }) => OWN.test(operator));
  return withSection(page, SECTION, targetTable(rows, own));
}

/** The rows as a table, each by the last operator that it was measured of. Pure. */
export function targetTable(rows: readonly Target[], kept: readonly KeptRun[]): string {
  const latest = rows.map((row) => latestRuns(row, kept));
  const misses = rows.map((row, index) => missesOf(row, latest[index] ?? []));
  const count = (isSo: (miss: string) => boolean) => misses.filter(isSo).length;
  const cells = rows.map((row, index) => {
    const measured = summaryOf(row, latest[index] ?? [])
      .map(measuredText)
      .join('; ');
    return [row.figure, row.target, row.law, measured, `\`${commandOfTarget(row)}\``, misses[index] ?? ''];
  });
  return [
    markdownTable(['Figure', 'Target', 'Grows', 'Measured', 'Command', 'Misses'], cells),
    '',
    `${count((miss) => miss === '')} of ${rows.length} figures are reached, ${count((miss) => miss.includes('**missed**'))} missed, ${count((miss) => miss === UNMEASURED)} not measured yet.`,
    ...new Set(latest.flat().map(whereText)),
  ].join('\n');
}

const UNMEASURED = 'not measured yet';

function missesOf(row: Target, runs: readonly KeptRun[]): string {
  if (runs.length === 0) return UNMEASURED;
  return summaryOf(row, runs)
    .flatMap((summary) => missText(summary) ?? [])
    .join('; ');
}

/** The runs of the operator that was measured last. */
function latestRuns(row: Target, kept: readonly KeptRun[]): readonly KeptRun[] {
  const own = kept.filter(({ command }) => command === commandOfTarget(row));
  const last = own.at(-1);
  return own.filter(({ operator }) => operator === last?.operator);
}

function whereText({ at, operator, shape }: KeptRun): string {
  const where = shape.isPinned ? 'the operator on one, everything else on the others' : 'shared by all';
  return `Measured ${at} of the operator ${operator} with Node.js ${shape.node} on ${shape.cores} cores (${shape.platform}), ${where}.`;
}
