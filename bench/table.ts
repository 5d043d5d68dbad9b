import { callsOfObjects, writesOfObjects } from './expected-calls.ts';
import { markdownTable, withSection } from './page.ts';
import { type BenchResult, ratioOf } from './result.ts';

const SECTION = {
  begin: '<!-- results: written by npm run bench -- --write -->',
  end: '<!-- end of results -->',
};

const COLUMNS: readonly { readonly title: string; readonly value: (result: BenchResult) => string }[] = [
  { title: 'Buckets', value: ({ options }) => options.buckets.toLocaleString('en') },
  { title: 'Settings', value: ({ options }) => String(options.settings) },
  { title: 'Accounts', value: ({ options }) => String(options.providers) },
  { title: 'Calls/s', value: ({ options }) => String(options.rate) },
  { title: 'Control plane', value: ({ options }) => options.controlPlane },
  {
    title: 'All Ready',
    value: ({ ready, readySeconds, options }) =>
      ready === options.buckets ? `${readySeconds.toFixed(1)} s` : `not finished, ${ready} Ready`,
  },
  { title: 'Limit', value: ({ limit }) => `${limit.seconds.toFixed(1)} s (${limit.wall})` },
  { title: 'Times the limit', value: (result) => ratioOf(result).toFixed(2) },
  {
    title: 'Service calls each',
    value: ({ fill, options }) => (callsOfObjects(fill.service.counts) / options.buckets).toFixed(2),
  },
  {
    title: 'Kubernetes calls each',
    value: ({ fill, options }) => (callsOfObjects(fill.kube) / options.buckets).toFixed(2),
  },
  { title: 'of them writes', value: ({ fill, options }) => (writesOfObjects(fill.kube) / options.buckets).toFixed(2) },
  {
    title: 'CPU',
    value: ({ fill }) => (fill.cpuSeconds === undefined ? '' : `${fill.cpuSeconds.toFixed(1)} s`),
  },
  {
    title: 'RSS idle, peak, after',
    value: ({ rssMb }) =>
      rssMb === undefined ? '' : `${[rssMb.before, rssMb.peak, rssMb.after].map((mb) => mb.toFixed(0)).join(', ')} MB`,
  },
  {
    title: 'Others on its core',
    value: ({ fill }) => (fill.foreignShare === undefined ? '' : `${Math.round(fill.foreignShare * 100)} %`),
  },
  { title: 'Kubernetes writes idle', value: ({ idle }) => `${idle.kubeWrites} in ${idle.seconds} s` },
];

/** A run of the same kind: its result takes the place of the older one. */
function kindOf({ options }: BenchResult): string {
  return JSON.stringify(Object.entries(options).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** The results with that one in the place of an older one of its kind, else at the end. Pure. */
export function withResult(results: readonly BenchResult[], result: BenchResult): readonly BenchResult[] {
  const index = results.findIndex((each) => kindOf(each) === kindOf(result));
  return index < 0 ? [...results, result] : results.with(index, result);
}

/** One result a line. Pure. @throws SyntaxError naming the line that is no JSON */
export function parseResults(text: string): readonly BenchResult[] {
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    try {
      return [JSON.parse(line) as BenchResult]; // written by --write
    } catch (cause) {
      throw new SyntaxError(`line ${index + 1} of the results is no JSON`, { cause });
    }
  });
}

/** The page with its table made anew of the results. Pure. @throws Error when the page lacks the markers */
export function withTable(page: string, results: readonly BenchResult[]): string {
  const table = markdownTable(
    COLUMNS.map(({ title }) => title),
    results.map((result) => COLUMNS.map(({ value }) => value(result))),
  );
  return withSection(page, SECTION, [table, '', ...new Set(results.map(shapeText))].join('\n'));
}

function shapeText({ shape, at, commit }: BenchResult): string {
  const where = shape.isPinned ? 'the operator on one, everything else on the others' : 'shared by all';
  return `Measured ${at} at commit ${commit} with Node.js ${shape.node} on ${shape.cores} cores (${shape.platform}), ${where}.`;
}
