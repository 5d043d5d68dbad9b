import { type Json, objectOf, textOf } from '../json.ts';
import type { ApiObject } from '../object.ts';
import { ageOf, type Column, column, nameColumn } from '../table/columns.ts';

function isSet(value: Json | undefined): boolean {
  return value !== undefined && value !== null && value !== '';
}

function firstSeen(event: ApiObject, nowMs: number): string {
  return ageOf(isSet(event.firstTimestamp) ? event.firstTimestamp : event.eventTime, nowMs);
}

function lastSeen(event: ApiObject, nowMs: number): string {
  if (isSet(event.series)) return ageOf(objectOf(event.series).lastObservedTime, nowMs);
  return isSet(event.lastTimestamp) ? ageOf(event.lastTimestamp, nowMs) : firstSeen(event, nowMs);
}

function count(event: ApiObject): Json {
  if (isSet(event.series)) return objectOf(event.series).count ?? 0;
  return event.count ?? 1;
}

function involved(event: ApiObject): string {
  const { kind, name } = objectOf(event.involvedObject);
  const lower = textOf(kind).toLowerCase();
  return textOf(name) === '' ? lower : `${lower}/${textOf(name)}`;
}

function source(event: ApiObject): string {
  const { component, host } = objectOf(event.source);
  const who = textOf(component) || textOf(event.reportingComponent);
  const where = textOf(host) || textOf(event.reportingInstance);
  return where === '' ? who : `${who}, ${where}`;
}

const wide = { priority: 1 };

/** What kubectl prints of an event, from its stored form. */
export const eventColumns: readonly Column[] = [
  column('Last Seen', 'The time since it happened last.', lastSeen),
  column('Type', 'Normal or Warning.', (event) => textOf(event.type)),
  column('Reason', 'Why, in one word.', (event) => textOf(event.reason)),
  column('Object', 'What it is about.', involved),
  column('Subobject', 'What part of that.', (event) => textOf(objectOf(event.involvedObject).fieldPath), wide),
  column('Source', 'Who reports it.', source, wide),
  column('Message', 'What happened.', (event) => textOf(event.message).trim()),
  column('First Seen', 'The time since it happened first.', firstSeen, wide),
  column('Count', 'How often it happened.', count, wide),
  { ...nameColumn, priority: 1 },
];
