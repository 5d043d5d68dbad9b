import type { ImageResult, ImageSize, ImageStart } from './image.ts';
import { row } from './report.ts';

/** So long the image may take from its start until the operator has started. */
const TARGET_MS = 1_000;

/** What a person reads after a run of the image alone. Pure. */
export function imageReportOf({ isolation, all, maps, starts }: ImageResult): string {
  return [
    '',
    `the image without its base, ${starts.length} starts, isolation: ${isolation}`,
    row('files', sizeText(all), `of them source maps ${sizeText(maps)}`),
    row('started after', timesText(starts, 'startedMs'), `target at most ${TARGET_MS} ms`),
    row('ready after', timesText(starts, 'readyMs'), ''),
    row('CPU until then', `p50 ${medianText(starts.map(({ cpuSeconds = Number.NaN }) => cpuSeconds * 1_000))} ms`, ''),
    row('memory then', `p50 ${medianText(starts.map(({ rssMb = Number.NaN }) => rssMb))} MB`, ''),
    '',
  ].join('\n');
}

function sizeText({ files, bytes, packedBytes }: ImageSize): string {
  const megabytes = (value: number) => (value / 1e6).toFixed(2);
  return `${files} of ${megabytes(bytes)} MB, ${megabytes(packedBytes)} MB by gzip`;
}

function timesText(starts: readonly ImageStart[], name: 'startedMs' | 'readyMs'): string {
  const times = starts.map((start) => start[name]);
  return `p50 ${medianText(times)} ms, slowest ${Math.max(...times).toFixed(0)} ms`;
}

function medianText(values: readonly number[]): string {
  const middle = values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
  return middle === undefined || Number.isNaN(middle) ? 'unknown' : middle.toFixed(0);
}
