import { CHARACTER, element, escaped, round } from './svg.ts';

/** A time in which something is the same. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
  /** What it is, inside the bar where there is room, and in its tooltip. */
  readonly label: string;
  /** The class of the bar. */
  readonly look: string;
}

/** One line of a timeline. */
export interface Row {
  readonly name: string;
  readonly spans: readonly Span[];
}

/** A numbered point in time. */
export interface Mark {
  readonly atMs: number;
  readonly text: string;
}

/** Rows over one linear axis. */
export interface Timeline {
  readonly title: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** Where the axis begins to count, and in what. */
  readonly zeroMs: number;
  readonly unit: { readonly name: string; readonly ms: number };
  /** Ticks so far apart, in the unit. */
  readonly every: number;
  readonly rows: readonly Row[];
  readonly marks: readonly Mark[];
  /** Number of the first mark. */
  readonly firstMark: number;
}

/** The picture is so wide, pixels. */
export const WIDTH = 960;
/** Of the texts. */
export const FONT_SIZE = 12;
const LEFT = 230;
const RIGHT = 24;
const ROW = 26;
const BAR = 18;
const LINE = 18;
const TITLE = 40;
const PADDING = 5;
const MIN_SEEN = 2;

/** The part of a picture that shows a timeline, and where it ends. Pure. @param topPx where it begins */
export function drawTimeline(timeline: Timeline, topPx: number): { readonly svg: string; readonly bottomPx: number } {
  const x = axisOf(timeline);
  const rows = timeline.rows.filter((row) => isSeen(row, timeline, x));
  const rowsTop = topPx + TITLE;
  const axisTop = rowsTop + rows.length * ROW + 4;
  const marksTop = axisTop + 34;
  const listTop = marksTop + (timeline.marks.length === 0 ? 0 : 26);
  const parts = [
    text(16, topPx + 22, timeline.title, 'title'),
    ...drawMarks(timeline, rowsTop, marksTop, x),
    ...rows.flatMap((row, index) => drawRow(row, rowsTop + index * ROW, x, timeline)),
    ...drawAxis(timeline, axisTop, x),
    ...timeline.marks.flatMap((mark, index) => {
      const y = listTop + index * LINE + FONT_SIZE;
      return [text(16, y, String(timeline.firstMark + index), 'note'), text(44, y, mark.text, 'note')];
    }),
  ];
  return { svg: parts.join('\n'), bottomPx: listTop + timeline.marks.length * LINE + 8 };
}

/** A row of which nothing is wide enough to be seen is left out. */
function isSeen({ spans }: Row, { fromMs, toMs }: Timeline, x: Axis): boolean {
  return spans.some((span) => span.toMs > fromMs && span.fromMs < toMs && x(span.toMs) - x(span.fromMs) >= MIN_SEEN);
}

/** Where a time stands, pixels. */
type Axis = (ms: number) => number;

function axisOf({ fromMs, toMs }: Timeline): Axis {
  const scale = (WIDTH - LEFT - RIGHT) / (toMs - fromMs);
  return (ms) => round(LEFT + (Math.min(toMs, Math.max(fromMs, ms)) - fromMs) * scale);
}

function drawRow({ name, spans }: Row, topPx: number, x: Axis, { fromMs, toMs }: Timeline): readonly string[] {
  const seen = spans.filter((span) => span.toMs > fromMs && span.fromMs < toMs);
  return [
    text(16, topPx + 15, name, 'name'),
    ...seen.flatMap(({ fromMs: from, toMs: to, label, look }) => {
      const [left, right] = [x(from), x(to)];
      const box = { x: left, y: topPx + 2, width: round(Math.max(1, right - left)), height: BAR, class: look };
      const bar = element('rect', box, element('title', {}, escaped(`${name}: ${label}`)));
      const fits = right - left >= widthOf(label) + 2 * PADDING;
      return fits ? [bar, text(left + PADDING, topPx + 15, label, `on ${look}`)] : [bar];
    }),
  ];
}

function drawAxis({ fromMs, toMs, zeroMs, unit, every }: Timeline, topPx: number, x: Axis): readonly string[] {
  const stepMs = every * unit.ms;
  const first = Math.ceil((fromMs - zeroMs) / stepMs);
  const last = Math.floor((toMs - zeroMs) / stepMs);
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  return [
    element('line', { x1: LEFT, y1: topPx, x2: WIDTH - RIGHT, y2: topPx, class: 'axis' }),
    text(16, topPx + 18, unit.name, 'name'),
    ...ticks.flatMap((tick) => {
      const at = x(zeroMs + tick * stepMs);
      return [
        element('line', { x1: at, y1: topPx, x2: at, y2: topPx + 5, class: 'axis' }),
        text(at, topPx + 18, String(tick * every), 'tick'),
      ];
    }),
  ];
}

/** Marks that would cover one another share a label. */
function drawMarks({ marks, firstMark }: Timeline, rowsTop: number, topPx: number, x: Axis): readonly string[] {
  const groups: { at: number; first: number; last: number }[] = [];
  for (const [index, { atMs }] of marks.entries()) {
    const at = x(atMs);
    const open = groups.at(-1);
    if (open !== undefined && at - open.at < widthOf('000')) open.last = firstMark + index;
    else groups.push({ at, first: firstMark + index, last: firstMark + index });
  }
  const single = marks.map(({ atMs }) => x(atMs));
  return [
    ...new Set(single.map((at) => element('line', { x1: at, y1: rowsTop, x2: at, y2: topPx + 2, class: 'mark' }))),
    ...groups.map(({ at, first, last }) =>
      text(at, topPx + 14, first === last ? String(first) : `${first}–${last}`, 'tick'),
    ),
  ];
}

/** A text of the picture, in its one size. Pure. */
export function text(xPx: number, yPx: number, words: string, look: string): string {
  return element('text', { x: round(xPx), y: yPx, class: look }, escaped(words));
}

function widthOf(words: string): number {
  return words.length * FONT_SIZE * CHARACTER;
}
