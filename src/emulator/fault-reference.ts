import { z } from 'zod';
import { FAULT_RULE } from './fault-schema.ts';
import { OPERATIONS } from './operations.ts';

type Schema = z.core.JSONSchema.BaseSchema;

/** The fields of a fault, its effects and the operations that it may name as tables in Markdown, of the schema that checks them. */
export function faultsMarkdown(): string {
  const { effect, ...fields } = propertiesOf(z.toJSONSchema(FAULT_RULE, { io: 'input' }));
  return [
    '| Field | Meaning |',
    '| --- | --- |',
    ...Object.entries(fields).map(([name, field]) => `| \`${name}\` | ${field.description ?? ''} |`),
    '| `effect` | one of these |',
    '',
    '| Effect | What happens | Fields |',
    '| --- | --- | --- |',
    ...(effect?.oneOf ?? []).map((option) => effectRow(schemaOf(option))),
    '',
    '| Service | Its operations |',
    '| --- | --- |',
    ...Object.entries(OPERATIONS).map(([service, operations]) => {
      const names = [...operations.keys()].sort().map((name) => `\`${name}\``);
      return `| \`${service}\` | ${names.join(', ')} |`;
    }),
  ].join('\n');
}

function effectRow(option: Schema): string {
  const { type, ...fields } = propertiesOf(option);
  const required = option.required ?? [];
  const texts = Object.entries(fields).map(
    ([name, { description }]) =>
      `\`${name}\`${required.includes(name) ? '' : ' (may be absent)'}: ${description ?? ''}`,
  );
  return `| \`${String(type?.const)}\` | ${option.description ?? ''} | ${texts.join('; ')} |`;
}

function propertiesOf({ properties = {} }: Schema): Readonly<Record<string, Schema>> {
  return Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, schemaOf(property)]));
}

/** In JSON Schema `true` stands for a schema that takes anything. */
function schemaOf(schema: Schema | boolean): Schema {
  return typeof schema === 'boolean' ? {} : schema;
}
