import { CHARACTER, element, escaped, round } from './svg.ts';

/** One line of a panel as Prometheus answered it. */
export interface RecordedSeries {
  readonly legend: string;
  /** One a step, divided by spaces; `-`: there was none. */
  readonly values: string;
}

/** One panel of the dashboard as it was. */
export interface RecordedPanel {
  readonly title: string;
  /** As Grafana names it. */
  readonly unit: string;
  readonly series: readonly RecordedSeries[];
}

/** What somebody would have seen: the answers of a Prometheus to the queries of some panels, over the same time. */
export interface DashboardRecord {
  readonly stepSeconds: number;
  /** What happened, and when, seconds from the start. */
  readonly moments: readonly { readonly atSeconds: number; readonly what: string }[];
  readonly panels: readonly RecordedPanel[];
}

const FONT_SIZE = 12;
const LINE_PX = 17;
const COLUMNS = 2;
const PANEL = { width: 470, plotHeight: 130, left: 58, right: 14, top: 30 } as const;
const GAP = 12;
/** Told apart by people who do not see all colours, too. */
const COLOURS = ['#0969da', '#bc4c00', '#1a7f37', '#8250df', '#bf3989', '#57606a', '#b08800', '#1b7c83'];
const MINUTE = 60;
const HOUR = 3_600;

const STYLE = `
text { font: ${FONT_SIZE}px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: #1f2328; }
.title { font-weight: bold; }
.scale { text-anchor: end; }
.paper { fill: #ffffff; stroke: #d0d7de; }
.grid { stroke: #d8dee4; }
.moment { stroke: #8c959f; stroke-dasharray: 2 3; }
.series { fill: none; stroke-width: 1.6; }
`;

/** The picture of some panels: an SVG with a ground of its own, for light and dark pages. Pure. */
export function dashboardPicture(record: DashboardRecord): string {
  const width = COLUMNS * PANEL.width + (COLUMNS + 1) * GAP;
  let y = GAP;
  const drawn: string[] = [];
  for (let first = 0; first < record.panels.length; first += COLUMNS) {
    const row = record.panels.slice(first, first + COLUMNS);
    const height = Math.max(...row.map(heightOf));
    drawn.push(
      ...row.map((panel, index) => drawPanel(panel, record, { x: GAP + index * (PANEL.width + GAP), y, height })),
    );
    y += height + GAP;
  }
  const notes = record.moments.map(({ what }, index) =>
    element('text', { x: GAP + 4, y: y + (index + 1) * LINE_PX }, escaped(`${index + 1}  ${what}`)),
  );
  const height = y + notes.length * LINE_PX + GAP;
  const frame = { xmlns: 'http://www.w3.org/2000/svg', viewBox: `0 0 ${width} ${height}`, width, height, role: 'img' };
  const ground = element('rect', { width, height, class: 'paper' });
  const title = element('title', {}, 'Panels of the dashboard while faults come and go');
  return `${element('svg', frame, title, element('style', {}, STYLE), ground, ...drawn, ...notes)}\n`;
}

function heightOf({ series }: RecordedPanel): number {
  return PANEL.top + PANEL.plotHeight + (series.length + 1) * LINE_PX + 8;
}

function drawPanel(
  panel: RecordedPanel,
  { moments, stepSeconds }: DashboardRecord,
  { x, y, height }: { readonly x: number; readonly y: number; readonly height: number },
): string {
  const all = panel.series.map((series) => valuesOf(series));
  const values = all.flatMap((each) => each.filter((value) => value !== null));
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values) || 1];
  const steps = Math.max(2, ...all.map((each) => each.length));
  const plotWidth = PANEL.width - PANEL.left - PANEL.right;
  const bottom = PANEL.top + PANEL.plotHeight;
  const xOf = (step: number) => round(PANEL.left + (plotWidth * step) / (steps - 1));
  const yOf = (value: number) => round(bottom - (PANEL.plotHeight * (value - low)) / (high - low));
  const isLowApart = yOf(low) - yOf(0) >= LINE_PX; // else its text would lie on that of zero
  const scale = [0, high, ...(isLowApart ? [low] : [])].flatMap((value) => [
    element('line', { class: 'grid', x1: PANEL.left, x2: PANEL.width - PANEL.right, y1: yOf(value), y2: yOf(value) }),
    element('text', { class: 'scale', x: PANEL.left - 6, y: yOf(value) + 4 }, shown(value, panel.unit)),
  ]);
  const marks = moments.flatMap(({ atSeconds }, index) => {
    const at = xOf(atSeconds / stepSeconds);
    return [
      element('line', { class: 'moment', x1: at, x2: at, y1: PANEL.top, y2: bottom }),
      element('text', { x: at + 3, y: PANEL.top + 10 }, String(index + 1)),
    ];
  });
  const lines = panel.series.flatMap((series, index) => {
    const colour = COLOURS[index % COLOURS.length] ?? '';
    const legendY = bottom + (index + 1) * LINE_PX + 4;
    return [
      ...runsOf(all[index] ?? []).map((run) =>
        element('polyline', {
          class: 'series',
          stroke: colour,
          points: run.map(([step, value]) => `${xOf(step)},${yOf(value)}`).join(' '),
        }),
      ),
      element('rect', { x: PANEL.left, y: legendY - 9, width: 10, height: 10, fill: colour }),
      element('text', { x: PANEL.left + 16, y: legendY }, escaped(fitting(series.legend, plotWidth - 16))),
    ];
  });
  const paper = element('rect', { class: 'paper', width: PANEL.width, height });
  const title = element('text', { class: 'title', x: 12, y: 20 }, escaped(panel.title));
  return element('g', { transform: `translate(${x} ${y})` }, paper, title, ...scale, ...marks, ...lines);
}

function valuesOf({ values }: RecordedSeries): readonly (number | null)[] {
  return values.split(' ').map((value) => (value === '-' ? null : Number(value)));
}

/** Parts without gaps, each of values with their steps. */
function runsOf(values: readonly (number | null)[]): readonly (readonly (readonly [step: number, value: number])[])[] {
  const runs: [number, number][][] = [];
  let isOpen = false;
  for (const [step, value] of values.entries()) {
    if (value === null) {
      isOpen = false;
    } else {
      if (!isOpen) runs.push([]);
      isOpen = true;
      runs.at(-1)?.push([step, value]);
    }
  }
  return runs;
}

function fitting(text: string, widthPx: number): string {
  const most = Math.floor(widthPx / (FONT_SIZE * CHARACTER));
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

function shown(value: number, unit: string): string {
  if (value === 0) return '0';
  if (unit !== 's') return `${Number(value.toPrecision(2))}${unit === 'short' ? '' : '/s'}`;
  const size = Math.abs(value);
  if (size >= HOUR) return `${round(value / HOUR)} h`;
  return size >= MINUTE ? `${round(value / MINUTE)} min` : `${Number(value.toPrecision(2))} s`;
}
