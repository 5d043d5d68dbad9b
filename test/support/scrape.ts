import { METRICS, type MetricName, nameOf } from '../../src/telemetry/metrics-table.ts';
import type { World } from './world.ts';

/** One series of a scrape. */
interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What the operator tells of itself now. */
export class Scrape {
  readonly text: string;
  readonly samples: readonly Sample[];

  constructor(text: string) {
    this.text = text;
    this.samples = text.split('\n').flatMap((line) => {
      const [, name, labels = '', value] = /^([a-z_\d]+)(?:\{(.*)\})? (\S+)$/i.exec(line) ?? [];
      if (name === undefined) return [];
      const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label, text = '']) => [label, text]);
      return [{ name, labels: Object.fromEntries(pairs) as Record<string, string>, value: Number(value) }];
    });
  }

  /** The series of that metric with these labels among theirs; of a histogram, how often something was observed. */
  of(key: MetricName, labels: Readonly<Record<string, string>> = {}): readonly Sample[] {
    const wanted = `${nameOf(key)}${METRICS[key].type === 'histogram' ? '_count' : ''}`;
    return this.samples.filter(
      (sample) =>
        sample.name === wanted && Object.entries(labels).every(([label, text]) => sample.labels[label] === text),
    );
  }

  /** The sum of these series; undefined: there is none. */
  sum(key: MetricName, labels: Readonly<Record<string, string>> = {}): number | undefined {
    const found = this.of(key, labels);
    return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0);
  }
}

/** Asks a world's operator for all its metrics. */
export async function scrape({ operator }: World): Promise<Scrape> {
  return new Scrape(await operator.running.metrics.text());
}
