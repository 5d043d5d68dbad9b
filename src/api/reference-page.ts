import { documentedSchema } from './crd.ts';
import type { KindDefinition, PrinterColumn } from './kind-definition.ts';
import { changeText, DOC_KEY, type FieldDoc } from './schema.ts';
import type { SchemaNode } from './structural-schema.ts';

interface Field {
  readonly path: string;
  readonly node: SchemaNode;
  readonly isRequired: boolean;
}

/** The reference page of a kind, as Markdown: what `kubectl get` shows, every field of spec and status, every rule. */
export function referencePage(definition: KindDefinition): string {
  const { kind, group, version, plural } = definition.type;
  const schema = documentedSchema(definition);
  const fields = [...fieldsOf(schema, '')];
  const inPart = (part: string) => fields.filter(({ path }) => path.startsWith(`${part}.`));
  return `# ${kind}

${docOf(schema)?.what ?? ''}

\`apiVersion: ${group}/${version}\`, \`kind: ${kind}\`, namespaced; ${[plural, ...definition.shortNames].map((name) => code(`kubectl get ${name}`)).join(', ')}.

| Column | Shown | Where it comes from |
| --- | --- | --- |
${definition.columns.map(columnRow).join('\n')}

## Spec

${docOf(schema.properties?.['spec'])?.what ?? ''}

| Field | Type | Default | Can change | Meaning | Example |
| --- | --- | --- | --- | --- | --- |
${inPart('spec').filter(hasRow).map(specRow).join('\n')}

## Status

${docOf(schema.properties?.['status'])?.what ?? ''}

| Field | Type | Meaning |
| --- | --- | --- |
${inPart('status').filter(hasRow).map(statusRow).join('\n')}

The types and reasons of the conditions are listed in [conditions.md](conditions.md).

## Rules

The API server checks these. Objects that were stored before a rule came can still be edited in their other fields.

| Where | Says |
| --- | --- |
${[{ path: '', node: schema }, ...fields].flatMap(ruleRows).join('\n')}
`;
}

function* fieldsOf(node: SchemaNode, path: string): Generator<Field> {
  const required = new Set(node.required);
  for (const [name, child] of Object.entries(node.properties ?? {})) {
    const childPath = path === '' ? name : `${path}.${name}`;
    yield { path: childPath, node: child, isRequired: required.has(name) };
    yield* fieldsOf(child, childPath);
  }
  if (node.items !== undefined) {
    yield { path: `${path}[]`, node: node.items, isRequired: false };
    yield* fieldsOf(node.items, `${path}[]`);
  }
}

/** An item of a list stands in the row of its list; only the fields of an item have rows of their own. */
function hasRow({ path }: Field): boolean {
  return !path.endsWith('[]');
}

function columnRow(column: PrinterColumn): string {
  const shown = column.priority === undefined ? 'always' : `with ${code('-o wide')}`;
  return `| ${column.name} | ${shown} | ${code(column.jsonPath)} |`;
}

function ruleRows({ path, node }: Omit<Field, 'isRequired'>): readonly string[] {
  const where = path === '' ? 'the object' : code(path);
  return (node['x-kubernetes-validations'] ?? []).map((rule) => `| ${where} | ${cell(rule.message)} |`);
}

function specRow({ path, node, isRequired }: Field): string {
  const doc = docOf(node);
  const absent = doc?.absent === undefined ? '' : ` Absent: ${doc.absent}.`;
  const cells = [
    code(path),
    typeText(node),
    isRequired ? 'required' : defaultText(node),
    changeCell(doc?.change),
    cell(`${sentence(doc?.what ?? '')}${absent}`),
    doc?.example === undefined ? '' : code(doc.example),
  ];
  return `| ${cells.join(' | ')} |`;
}

function statusRow({ path, node }: Field): string {
  return `| ${code(path)} | ${typeText(node)} | ${cell(sentence(docOf(node)?.what ?? ''))} |`;
}

function typeText(node: SchemaNode): string {
  const text = plainType(node);
  return node.nullable === true ? `${text} or null` : text;
}

function plainType(node: SchemaNode): string {
  if (node.enum !== undefined) return node.enum.map((value) => code(String(value))).join(', ');
  const { type } = node;
  if (type === undefined && node['x-kubernetes-preserve-unknown-fields'] === true) return 'as in AWS JSON';
  if (type === undefined) throw new Error('a schema node has no type');
  switch (type) {
    case 'array': {
      const key = node['x-kubernetes-list-map-keys']?.[0];
      const by = key === undefined ? '' : ` by ${code(key)}`;
      return `list${by} of ${plainType(node.items ?? {})}, at most ${node.maxItems}`;
    }
    case 'object':
      return node.additionalProperties === undefined
        ? 'object'
        : `map of ${plainType(node.additionalProperties)}, at most ${node.maxProperties}`;
    case 'integer':
      return node.maximum === undefined ? 'integer' : `integer, ${node.minimum} to ${node.maximum}`;
    case 'string':
      return node.maxLength === undefined ? (node.format ?? 'string') : `string, at most ${node.maxLength}`;
    case 'boolean':
      return 'boolean';
  }
}

function defaultText(node: SchemaNode): string {
  return node.default === undefined ? '' : code(JSON.stringify(node.default));
}

function changeCell(change: FieldDoc['change']): string {
  if (typeof change === 'string') return cell(change);
  return changeText(change) === '' ? '' : change === true ? 'yes' : 'no';
}

function docOf(node: SchemaNode | undefined): FieldDoc | undefined {
  return node?.[DOC_KEY];
}

function sentence(text: string): string {
  return text === '' || text.endsWith('.') ? text : `${text}.`;
}

/** A text in a cell of a Markdown table. */
function cell(text: string): string {
  return text.replaceAll('|', String.raw`\|`).replaceAll('<', '&lt;');
}

function code(text: string): string {
  return `\`${cell(text)}\``;
}
