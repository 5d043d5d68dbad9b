import { CONDITION_TYPES, type ConditionTypeDoc } from './condition-types.ts';
import { EVENT_REASONS, type EventReasonDoc } from './event-reasons.ts';
import type { ReasonDoc } from './reason-doc.ts';
import { REASON_GROUPS } from './reasons.ts';

/** The page of all condition types, condition reasons and event reasons, as Markdown. */
export function conditionsPage(): string {
  return `# Conditions and events

What stands in \`status.conditions\` and in the events of an object. The lists are closed: nothing else is written.

## Condition types

| Type | On | Present | True means |
| --- | --- | --- | --- |
${Object.entries<ConditionTypeDoc>(CONDITION_TYPES).map(typeRow).join('\n')}

## Reasons

${REASON_GROUPS.map(({ title, reasons }) => groupText(title, reasons)).join('\n\n')}

## Events

An event is sent when something changed. A failed pass has the event reason of its kind, such as \`ReconcileFailed\`, and
the note begins with the reason of the condition. Beside the table, an external resource that is not ours gives its
condition's reason to a Warning itself (\`AlreadyExists\`, \`NothingToAdopt\`, \`NotPermitted\`, \`ClaimedByOther\`), and so do
\`SecretNotOurs\` and \`KeyInactive\` of an AccessKey, and \`FreezeIgnored\`. What a person must put right is a Warning; an object that waits for
another one is Normal.

| Reason | Type | Means |
| --- | --- | --- |
${Object.entries<EventReasonDoc>(EVENT_REASONS).map(eventRow).join('\n')}
`;
}

function typeRow([name, doc]: readonly [string, ConditionTypeDoc]): string {
  return `| \`${name}\` | ${doc.kinds?.join(', ') ?? 'every kind'} | ${doc.present} | ${doc.means} |`;
}

function groupText(title: string, reasons: Readonly<Record<string, ReasonDoc>>): string {
  const rows = Object.entries(reasons).map(([name, { means, next }]) => `| \`${name}\` | ${means} | ${next} |`);
  return `### ${title}\n\n| Reason | Means | What to do next |\n| --- | --- | --- |\n${rows.join('\n')}`;
}

function eventRow([name, doc]: readonly [string, EventReasonDoc]): string {
  return `| \`${name}\` | ${doc.type === 'either' ? 'Normal or Warning' : doc.type} | ${doc.means} |`;
}
