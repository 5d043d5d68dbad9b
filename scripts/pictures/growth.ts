import { CHARACTER, element, escaped, round } from './svg.ts';

/** One line of a panel: what was found for each number of objects. */
export interface GrowthSeries {
  readonly name: string;
  readonly points: readonly { readonly objects: number; readonly value: number }[];
}

/** One law of growth. */
export interface GrowthPanel {
  /** With the unit of its values. */
  readonly title: string;
  readonly series: readonly GrowthSeries[];
  /** What it comes to, such as `3.2 KB an object`. */
  readonly law: string;
}

const FONT_SIZE = 12;
const LINE_PX = 17;
const COLUMNS = 2;
const PANEL = { width: 470, height: 236, left: 58, right: 18, top: 32, plotHeight: 130 } as const;
const GAP = 12;
const TICKS = 4;
/** Told apart by people who do not see all colours, too. */
const COLOURS = ['#0969da', '#bc4c00', '#1a7f37'];

const STYLE = `
text { font: ${FONT_SIZE}px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: #1f2328; }
.title { font-weight: bold; }
.value { text-anchor: end; }
.count { text-anchor: middle; }
.paper { fill: #ffffff; stroke: #d0d7de; }
.grid { stroke: #d8dee4; }
.series { fill: none; stroke-width: 1.6; }
`;

/** The picture of how figures grow with the number of objects: both axes are linear and begin at 0, so that what is linear is straight. Pure. */
export function growthPicture(panels: readonly GrowthPanel[]): string {
  const width = COLUMNS * PANEL.width + (COLUMNS + 1) * GAP;
  const height = Math.ceil(panels.length / COLUMNS) * (PANEL.height + GAP) + GAP;
  const drawn = panels.map((panel, index) =>
    element(
      'g',
      {
        transform: `translate(${GAP + (index % COLUMNS) * (PANEL.width + GAP)} ${GAP + Math.floor(index / COLUMNS) * (PANEL.height + GAP)})`,
      },
      ...drawPanel(panel),
    ),
  );
  const frame = { xmlns: 'http://www.w3.org/2000/svg', viewBox: `0 0 ${width} ${height}`, width, height };
  const paper = element('rect', { class: 'paper', x: 0.5, y: 0.5, width: width - 1, height: height - 1 });
  return `${element('svg', frame, element('style', {}, STYLE), paper, ...drawn)}\n`;
}

function drawPanel({ title, series, law }: GrowthPanel): readonly string[] {
  const points = series.flatMap((each) => each.points);
  const most = {
    objects: roundUp(Math.max(...points.map(({ objects }) => objects))),
    value: roundUp(Math.max(...points.map(({ value }) => value))),
  };
  const plotWidth = PANEL.width - PANEL.left - PANEL.right;
  const bottom = PANEL.top + PANEL.plotHeight;
  const xOf = (objects: number) => round(PANEL.left + (objects / most.objects) * plotWidth);
  const yOf = (value: number) => round(bottom - (value / most.value) * PANEL.plotHeight);
  const drawn = [element('text', { class: 'title', x: 6, y: 16 }, escaped(title))];
  for (let tick = 0; tick <= TICKS; tick += 1) {
    const [value, objects] = [(most.value * tick) / TICKS, (most.objects * tick) / TICKS];
    const [x, y] = [xOf(objects), yOf(value)];
    drawn.push(element('line', { class: 'grid', x1: PANEL.left, x2: PANEL.width - PANEL.right, y1: y, y2: y }));
    drawn.push(element('text', { class: 'value', x: PANEL.left - 6, y: y + 4 }, numberText(value)));
    drawn.push(element('text', { class: 'count', x, y: bottom + LINE_PX }, numberText(objects)));
  }
  for (const [index, { points: own }] of series.entries()) {
    const stroke = COLOURS[index % COLOURS.length] ?? '';
    const line = own.map(({ objects, value }) => `${xOf(objects)},${yOf(value)}`).join(' ');
    drawn.push(element('polyline', { class: 'series', stroke, points: line }));
    for (const { objects, value } of own)
      drawn.push(element('circle', { cx: xOf(objects), cy: yOf(value), r: 3, fill: stroke }));
  }
  let x = 6;
  for (const [index, { name }] of series.entries()) {
    const fill = COLOURS[index % COLOURS.length] ?? '';
    drawn.push(element('text', { x, y: bottom + 2 * LINE_PX + 4, style: `fill: ${fill}` }, escaped(`● ${name}`)));
    x += round((name.length + 4) * FONT_SIZE * CHARACTER);
  }
  drawn.push(element('text', { x: 6, y: bottom + 3 * LINE_PX + 4 }, escaped(law)));
  return drawn;
}

/** The next of 1, 2, 4, 5, 8 and 10 times a power of ten: a quarter of each is a short number. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1e-9)));
  return ([1, 2, 4, 5, 8].find((step) => step * power >= value) ?? 10) * power;
}

function numberText(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 2 : 0 });
}
