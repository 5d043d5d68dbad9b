import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { CHART } from './chart.ts';

/** In the rules of an end-to-end run time goes so many times faster: what takes five minutes takes a second. */
const TIMES_FASTER = 300;

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly [field: string]: unknown;
}

interface RulesFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[];
}

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * The rules of the chart for a time that goes faster: spans, `for`, ages and waits in seconds and counts of what happens in a span
 * are divided by the factor; rates and shares stay as they are.
 * @param slower alerts that have a factor of their own, since what they wait for takes its time
 */
export function scaledAlerts(slower: Readonly<Record<string, number>> = {}): string {
  const file = parse(readFileSync(join(CHART, 'files/alerts.yaml'), 'utf8')) as RulesFile; // our own generated file
  const groups = file.groups.map(({ name, rules }) => ({
    name,
    rules: rules.map((rule) => scaled(rule, slower[rule.alert] ?? TIMES_FASTER)),
  }));
  return stringify({ groups }, { lineWidth: 0 });
}

function scaled(rule: Rule, factor: number): Rule {
  const spans = rule.expr.replaceAll(/\d+[smhd](?=[\]:])/g, (span) => shorter(span, factor));
  const isAge = /^(?:time\(\) -|histogram_quantile\()/.test(spans);
  const isCount = /^sum by \([^)]*\) \(increase\(/.test(spans);
  const expr = spans.replace(/> ([\d *]+)$/, (whole, product: string) => {
    if (!isAge && !isCount) return whole;
    const limit = product.split('*').reduce((all, each) => all * Number(each), 1);
    return `> ${limit / factor}`;
  });
  return { ...rule, expr, for: shorter(rule.for, factor) };
}

/** @param span such as `20m` */
function shorter(span: string, factor: number): string {
  const [, count = '', unit = ''] = /^(\d+)([smhd])$/.exec(span) ?? [];
  const ms = Number(count) * (UNIT_MS[unit] ?? Number.NaN);
  if (Number.isNaN(ms)) throw new Error(`"${span}" is no span of time`);
  return `${Math.round(ms / factor)}ms`;
}
