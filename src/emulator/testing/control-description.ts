import assert from 'node:assert/strict';
import { z } from 'zod';
import { CONTROL_PREFIX } from '../control-prefix.ts';

type Schema = z.core.JSONSchema.JSONSchema;

/** One call of the control interface, as its description tells of it. */
export interface DescribedOperation {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly description: string }[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content: Content }>>;
}

interface Content {
  readonly 'application/json': { readonly schema: { readonly $ref: string } };
}

/** An OpenAPI document as far as the tests look at it. */
export interface ControlDescription {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** A check of values by one schema of the document. */
export function checkOf({ components }: ControlDescription, { $ref }: { readonly $ref: string }): z.ZodType {
  const inDefs = JSON.stringify({ $ref, $defs: components.schemas }).replaceAll('#/components/schemas/', '#/$defs/');
  return z.fromJSONSchema(JSON.parse(inDefs) as Schema);
}

/** Fails unless the document foresees that answer to that request. `path`: below `/_emulator/`, with its query. */
export function assertDescribed(
  document: ControlDescription,
  { method = 'GET', path }: { readonly method?: string | undefined; readonly path: string },
  { status, body }: { readonly status: number; readonly body: unknown },
): void {
  const [name = ''] = path.replace(CONTROL_PREFIX, '').split('?');
  const operation = document.paths[`/${name}`]?.[method.toLowerCase()];
  if (operation === undefined) {
    assert.equal(status, 404, `${method} ${path} is in no description`);
    return;
  }
  const response = operation.responses[String(status)];
  assert.ok(response, `${method} ${path}: ${status} is not foreseen`);
  const { error } = checkOf(document, response.content['application/json'].schema).safeParse(body);
  assert.equal(error, undefined, `${method} ${path}: ${JSON.stringify(body)}: ${error?.message}`);
}
