import { boundaryText } from '../support/boundary.ts';
import type { Covered, Outcome } from './harness.ts';
import { planText } from './plan.ts';

/** What a run came to. */
export interface Summary {
  readonly command: string;
  readonly seed: number;
  readonly covered: readonly Covered[];
  readonly outcomes: readonly Outcome[];
  /** The verdicts that each learnt call has to meet. */
  readonly verdicts: readonly string[];
  /** Learnt calls that are not met, and why the run does not count as whole; empty: it does. */
  readonly uncovered: readonly string[];
  readonly seconds: number;
}

const CELL = 9;
const LABEL = 330;
const COLORS: Readonly<Record<string, string>> = {
  Held: '#2da44e',
  Broken: '#cf222e',
  Missed: '#d4a72c',
  '': '#d0d7de',
};

/** A page with a picture: paths, their calls from left to right, and each fault at each call; green where it held. Pure. */
export function reportPage(summary: Summary): string {
  const { outcomes, covered, command, seed, seconds } = summary;
  const broken = outcomes.filter(({ type }) => type === 'Broken');
  const counts = `${outcomes.length} plans in ${minutes(seconds)}: ${count(outcomes, 'Held')} held, ${broken.length} broken, ${count(outcomes, 'Missed')} did not come about. ${covered.length} calls were learnt; ${summary.uncovered.length} faults at them are missing.`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Faults</title>
<style>body{font:14px/1.5 system-ui,sans-serif;margin:2rem;color:#1f2328}h1{font-size:1.4rem}pre{background:#f6f8fa;padding:1rem;overflow:auto}
text{font:11px system-ui,sans-serif}.key span{display:inline-block;width:.8em;height:.8em;margin:0 .3em 0 1em}</style></head><body>
<h1>Faults</h1>
<p>${escaped(counts)}</p>
<p><code>${escaped(command)}</code>, seed ${seed}</p>
<p class="key">${Object.entries(COLORS)
    .map(([type, color]) => `<span style="background:${color}"></span>${type === '' ? 'not tried' : type}`)
    .join('')}</p>
${picture(covered, summary.verdicts)}
${broken.length === 0 ? '<p>Nothing was broken.</p>' : `<h2>Broken</h2>${broken.map(findingHtml).join('')}`}
${listed('Faults that are missing', summary.uncovered)}
${listed(
  'Plans that did not come about',
  outcomes.filter(({ type }) => type === 'Missed').map(({ plan }) => planText(plan)),
)}
</body></html>
`;
}

function picture(covered: readonly Covered[], verdicts: readonly string[]): string {
  const paths = Map.groupBy(covered, ({ path }) => path);
  const rowHeight = verdicts.length * CELL + 8;
  const width = LABEL + CELL * Math.max(0, ...[...paths.values()].map(({ length }) => length)) + 10;
  const rows = [...paths].map(([path, calls], row) => {
    const top = row * rowHeight;
    const cells = calls.flatMap(({ boundary, verdicts: found }, column) =>
      verdicts.map((verdict, line) => {
        const type = found.get(verdict) ?? '';
        const place = `x="${LABEL + column * CELL}" y="${top + line * CELL}" width="${CELL - 1}" height="${CELL - 1}"`;
        return `<rect ${place} fill="${COLORS[type] ?? ''}"><title>${escaped(`${verdict} ${boundaryText(boundary)}: ${type || 'not tried'}`)}</title></rect>`;
      }),
    );
    return `<text x="0" y="${top + rowHeight / 2}">${escaped(path)}</text>${cells.join('')}`;
  });
  return `<svg width="${width}" height="${rows.length * rowHeight}" role="img" aria-label="Paths, calls and faults">${rows.join('\n')}</svg>`;
}

function findingHtml({ plan, finding }: Outcome): string {
  if (finding === undefined) return '';
  const text = `${finding.what}\n\n${timelineText(finding)}`;
  return `<h3>${escaped(planText(plan))}</h3><p>Again in ${finding.again} of 2 more runs.</p><pre>${escaped(text)}</pre>`;
}

/** What happened, with the time since the first of it, one line each. Pure. */
export function timelineText({ timeline }: Pick<NonNullable<Outcome['finding']>, 'timeline'>): string {
  const sorted = timeline.toSorted((one, other) => one.atMs - other.atMs);
  const startedMs = sorted[0]?.atMs ?? 0;
  return sorted.map(({ atMs, what }) => `${(atMs - startedMs).toFixed(0).padStart(7)} ms  ${what}`).join('\n');
}

function listed(title: string, lines: readonly string[]): string {
  return lines.length === 0
    ? ''
    : `<h2>${title}</h2><ul>${lines.map((line) => `<li>${escaped(line)}</li>`).join('')}</ul>`;
}

function count(outcomes: readonly Outcome[], type: Outcome['type']): number {
  return outcomes.filter((outcome) => outcome.type === type).length;
}

/** Such as `12 min 5 s`. Pure. */
export function minutes(seconds: number): string {
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
