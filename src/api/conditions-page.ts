import { CONDITION_TYPES, type ConditionTypeDoc } from './condition-types.ts';
import type { ReasonDoc } from './reason-doc.ts';
import { REASON_GROUPS } from './reasons.ts';

/** The page of all condition types and condition reasons, as Markdown. */
export function conditionsPage(): string {
  return `# Conditions

What stands in \`status.conditions\`. The lists are closed: nothing else is written. Of events tells [a page of its own](events.md).

## Condition types

| Type | On | Present | True means |
| --- | --- | --- | --- |
${Object.entries<ConditionTypeDoc>(CONDITION_TYPES).map(typeRow).join('\n')}

## Reasons

${REASON_GROUPS.map(({ title, reasons }) => groupText(title, reasons)).join('\n\n')}
`;
}

function typeRow([name, doc]: readonly [string, ConditionTypeDoc]): string {
  return `| \`${name}\` | ${doc.kinds?.join(', ') ?? 'every kind'} | ${doc.present} | ${doc.means} |`;
}

function groupText(title: string, reasons: Readonly<Record<string, ReasonDoc>>): string {
  const rows = Object.entries(reasons).map(([name, { means, next }]) => `| \`${name}\` | ${means} | ${next} |`);
  return `### ${title}\n\n| Reason | Means | What to do next |\n| --- | --- | --- |\n${rows.join('\n')}`;
}
