import { documentedEvents, type EventReasonDoc } from './event-reasons.ts';

/** The page of all event reasons, as Markdown. */
export function eventsPage(): string {
  return `# Events

\`kubectl describe\` shows them on the object, \`kubectl events --types=Warning -A\` those of all. They are of \`events.k8s.io/v1\`,
from the controller \`s3.cloud37.dev/wasabi-s3-operator\`. The list is closed: nothing else is sent.

An event is sent when something changed; the same again within ten minutes is counted in the first one. A failed pass has the
event reason of its kind, such as \`ReconcileFailed\`. The note begins with the reason of the condition, where that says more than
who must act: of \`InvalidSpec\`, \`DependencyNotReady\`, \`Transient\`, \`Unsupported\` and \`Internal\` it is the message alone. What a
person must put right is a Warning; an object that waits for another one is Normal. Events go after an hour, as the API server is
set: what lasts stands in the [conditions](conditions.md), and every pass that changed or failed in the [log](../operations/logs.md).

| Reason | Type | Means | What to do next |
| --- | --- | --- | --- |
${Object.entries<EventReasonDoc>(documentedEvents()).map(row).join('\n')}
`;
}

function row([name, { type, means, next }]: readonly [string, EventReasonDoc]): string {
  return `| \`${name}\` | ${type === 'either' ? 'Normal or Warning' : type} | ${means} | ${next} |`;
}
