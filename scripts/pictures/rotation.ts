import { NAMES } from '../../src/kinds/access-key/testing/facts.ts';
import { type KeyPhase, type LifeOptions, type Moment, simulateLife } from '../../src/kinds/access-key/testing/life.ts';
import { CHARACTER, element, escaped } from './svg.ts';
import { drawTimeline, FONT_SIZE, type Row, type Span, type Timeline, text, WIDTH } from './timeline.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The life in docs/access-keys.md. The service is slow to accept keys here, so that the wait for it can be seen. */
export const PICTURED: LifeOptions = {
  intervalMs: 28 * DAY,
  retentionMs: 7 * DAY,
  acceptedAfterMs: 8 * SECOND,
  stepMs: SECOND,
  lastsMs: 65 * DAY,
};

/** How each phase looks, and what it means; in the order in which a key has them. */
const PHASES: Readonly<Record<KeyPhase, string>> = {
  made: 'not known to work',
  tried: 'works, not given out',
  published: 'in the Secret that workloads read',
  retained: 'replaced, works on',
  deactivated: 'inactive',
};

const STYLE = `
text { font: ${FONT_SIZE}px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: #1f2328; }
.title { font-weight: bold; }
.tick { text-anchor: middle; stroke: #ffffff; stroke-width: 4px; paint-order: stroke; }
.paper { fill: #ffffff; stroke: #d0d7de; }
.axis { stroke: #57606a; }
.mark { stroke: #8c959f; stroke-dasharray: 2 3; }
.made { fill: #fff3c4; stroke: #b08800; }
.tried { fill: #cfe8ff; stroke: #0969da; }
.published { fill: #b6e3c1; stroke: #1a7f37; }
.retained { fill: #fbd5b5; stroke: #bc4c00; }
.deactivated { fill: #d8dee4; stroke: #57606a; }
.held, .step { fill: #f6f8fa; stroke: #57606a; }
text.on { stroke: none; fill: #1f2328; }
`;

/** The picture of a rotation: an SVG with a ground of its own, for light and dark pages. Pure. */
export function rotationPicture(options: LifeOptions = PICTURED): string {
  const moments = simulateLife(options);
  const timelines = timelinesOf(moments, options);
  let bottomPx = 10;
  const panels: string[] = [];
  for (const timeline of timelines) {
    const { svg, bottomPx: next } = drawTimeline(timeline, bottomPx);
    panels.push(svg);
    bottomPx = next;
  }
  const legend = drawLegend(bottomPx + 8);
  const height = bottomPx + 44;
  const frame = { xmlns: 'http://www.w3.org/2000/svg', viewBox: `0 0 ${WIDTH} ${height}`, width: WIDTH, height };
  return `${element(
    'svg',
    { ...frame, role: 'img', 'aria-labelledby': 'title desc' },
    element('title', { id: 'title' }, 'The rotation of an access key'),
    element('desc', { id: 'desc' }, escaped(descriptionOf(moments))),
    element('style', {}, escaped(STYLE)),
    element('rect', { x: 0.5, y: 0.5, width: WIDTH - 1, height: height - 1, rx: 6, class: 'paper' }),
    ...panels,
    ...legend,
  )}\n`;
}

/** The whole life, the first switch, and the end of the key that was replaced. Pure. @throws Error when no key is replaced */
export function timelinesOf(moments: readonly Moment[], options: LifeOptions): readonly Timeline[] {
  const { intervalMs, retentionMs, lastsMs, stepMs } = options;
  const rotation = firstRotation(moments);
  const [begin, end] = [rotation[0], rotation.at(-1)];
  const retired = rotation.find(({ phases }) => [...phases.values()].includes('deactivated'));
  const switched = rotation.find(({ step }) => step === 'Retaining');
  if (begin === undefined || end === undefined || retired === undefined || switched === undefined) {
    throw new Error('no key was replaced in this life');
  }
  const rows = rowsOf(moments, lastsMs);
  const [startMs, retireMs] = [begin.atMs - stepMs, retired.atMs - stepMs];
  const made = marksOf(moments, startMs, switched.atMs);
  return [
    {
      title: `A key of ${intervalMs / DAY} days, and ${retentionMs / DAY} days of retention`,
      fromMs: 0,
      toMs: lastsMs,
      zeroMs: 0,
      unit: { name: 'days', ms: DAY },
      every: 7,
      rows,
      marks: [],
      firstMark: 1,
    },
    {
      title: 'The first switch, with a second for each step, and a service that is slow to accept a new key',
      fromMs: startMs - stepMs,
      toMs: switched.atMs + 4 * stepMs,
      zeroMs: startMs,
      unit: { name: 'seconds since it was due', ms: SECOND },
      every: 2,
      rows,
      marks: made,
      firstMark: 1,
    },
    {
      title: 'The end of that retention',
      fromMs: retireMs - 10 * MINUTE,
      toMs: end.atMs + 10 * MINUTE,
      zeroMs: retireMs,
      unit: { name: 'minutes since then', ms: MINUTE },
      every: 10,
      rows,
      marks: marksOf(moments, retireMs, end.atMs),
      firstMark: made.length + 1,
    },
  ];
}

/** From the first moment of a rotation to the one in which it is over. */
function firstRotation(moments: readonly Moment[]): readonly Moment[] {
  const first = moments.findIndex(({ step }) => step !== undefined);
  const last = moments.findIndex(({ step }, index) => index > first && step === undefined);
  return moments.slice(first, last + 1);
}

function keyRow(id: string): string {
  return `key ${id}`;
}

function rowsOf(moments: readonly Moment[], endMs: number): readonly Row[] {
  const ids = [...new Set(moments.flatMap(({ phases }) => [...phases.keys()]))].toSorted();
  return [
    ...ids.map((id): Row => {
      const spans = spansOf(moments, endMs, ({ phases }) => phases.get(id));
      return { name: keyRow(id), spans: spans.map((span) => ({ ...span, look: span.label })) };
    }),
    ...[NAMES.wanted, NAMES.next, NAMES.previous].map((name): Row => {
      const spans = spansOf(moments, endMs, ({ secrets }) => secrets.get(name));
      return { name, spans: spans.map((span) => ({ ...span, label: keyRow(span.label), look: 'held' })) };
    }),
    {
      name: 'status.rotation.step',
      spans: spansOf(moments, endMs, ({ step }) => step).map((span) => ({ ...span, look: 'step' })),
    },
  ];
}

/** The times in which something has one value. */
function spansOf(
  moments: readonly Moment[],
  endMs: number,
  valueOf: (moment: Moment) => string | undefined,
): readonly Omit<Span, 'look'>[] {
  const spans: { fromMs: number; toMs: number; label: string }[] = [];
  for (const [index, moment] of moments.entries()) {
    const label = valueOf(moment);
    const toMs = moments[index + 1]?.atMs ?? endMs;
    const open = spans.at(-1);
    if (label === undefined) continue;
    if (open?.label === label && open.toMs === moment.atMs) open.toMs = toMs;
    else spans.push({ fromMs: moment.atMs, toMs, label });
  }
  return spans;
}

/** What was done in that time, in the operator's words. */
function marksOf(moments: readonly Moment[], fromMs: number, toMs: number): Timeline['marks'] {
  return moments.flatMap((moment, index) => {
    const { atMs, did, trial, step } = moment;
    if (atMs <= fromMs || atMs > toMs) return [];
    const before = moments[index - 1]?.step;
    // The pass that tried it in vain looks once more before it ends.
    const isSecondLook = trial !== undefined && did === undefined && moments[index - 1]?.atMs === atMs;
    if (isSecondLook && !trial.works) return [];
    const tried = trial === undefined ? undefined : `try key ${trial.keyId}: ${trial.works ? 'it works' : 'not yet'}`;
    const turned = step === before ? '' : `: ${step ?? 'it is over'}`;
    return [{ atMs, text: tried ?? `${did ?? ''}${turned}` }];
  });
}

function drawLegend(topPx: number): readonly string[] {
  let left = 16;
  return Object.entries(PHASES).flatMap(([phase, meaning]) => {
    const box = element('rect', { x: left, y: topPx, width: 14, height: 14, class: phase });
    const label = text(left + 20, topPx + 12, meaning, 'note');
    left += 20 + (meaning.length + 2) * FONT_SIZE * CHARACTER;
    return [box, label];
  });
}

/** The picture in words, for those who cannot see it. */
function descriptionOf(moments: readonly Moment[]): string {
  const day = (ms: number | undefined) => ((ms ?? 0) / DAY).toFixed(1);
  const ids = [...new Set(moments.flatMap(({ phases }) => [...phases.keys()]))].toSorted();
  const since = (id: string, phase: KeyPhase) => moments.find(({ phases }) => phases.get(id) === phase)?.atMs;
  const lives = ids.map((id) => {
    const parts = Object.keys(PHASES).flatMap((phase) => {
      const atMs = since(id, phase as KeyPhase); // the table has no other keys
      return atMs === undefined ? [] : [`${phase} at day ${day(atMs)}`];
    });
    const last = moments.findLast(({ phases }) => phases.has(id));
    const gone = moments.find(({ atMs, phases }) => atMs > (last?.atMs ?? 0) && !phases.has(id));
    return `Key ${id} is ${[...parts, ...(gone === undefined ? [] : [`revoked at day ${day(gone.atMs)}`])].join(', ')}.`;
  });
  const steps = [...new Set(moments.flatMap(({ step }) => step ?? []))];
  return `${lives.join(' ')} The steps of status.rotation.step are ${steps.join(', ')}. At every instant the Secret that workloads read holds a key that works.`;
}
