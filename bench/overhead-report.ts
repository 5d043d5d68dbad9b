import { type OverheadResult, overheadOf, type Telling } from './overhead-result.ts';
import { row, shareLine } from './report.ts';

/** So much more CPU the operator may take for what it tells. */
const TARGET = 0.05;

/** What a person reads after a run of `--overhead`. Pure. */
export function overheadReportOf(result: OverheadResult): string {
  const { options, rounds, shape } = result;
  const overhead = overheadOf(result);
  const of = (telling: Telling) => rounds.filter((round) => round.telling === telling);
  const cpu = (telling: Telling) => of(telling).map(({ cpuSeconds }) => cpuSeconds?.toFixed(2) ?? '?');
  const told = of('everything');
  return [
    '',
    `${options.buckets} Buckets made and deleted, ${told.length} times by operators that tell everything, and as often by those that tell nothing`,
    row('CPU, everything', `${cpu('everything').join(', ')} s`, 'log at info, each span sent, scrapes every 5 s'),
    row('CPU, nothing', `${cpu('nothing').join(', ')} s`, 'log at error, no traces, no scrapes'),
    row(
      'more CPU',
      overhead === undefined
        ? 'not measured'
        : `${percent(overhead.median)} in the median, ${percent(overhead.least)} to ${percent(overhead.most)}`,
      `target at most ${percent(TARGET)}`,
    ),
    row('spans', told.map(({ spans }) => spans).join(', '), 'that came to the collector'),
    row('scrapes', told.map(({ scrapes }) => scrapes).join(', '), ''),
    shareLine(shape, rounds),
    '',
  ].join('\n');
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
