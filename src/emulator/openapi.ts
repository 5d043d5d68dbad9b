import { z } from 'zod';
import { CONTROL_PREFIX } from './control-prefix.ts';
import type { ControlRoute } from './control-routes.ts';
import { CONTROL_SCHEMAS } from './control-schemas.ts';

type Json = Readonly<Record<string, unknown>>;

const names = new Map<z.ZodType, string>(Object.entries(CONTROL_SCHEMAS).map(([name, schema]) => [schema, name]));

/** The control interface in the words of OpenAPI 3.1, whose schemas are JSON Schema 2020-12. Pure. */
export function openApiOf(routes: readonly ControlRoute[]): Json {
  const paths = [...new Set(routes.map(({ path }) => path))];
  return {
    openapi: '3.1.0',
    info: {
      title: 'Control interface of the Wasabi emulator',
      version: '1.0.0',
      description:
        'Unsigned JSON for programs on the same machine, by 127.0.0.1 or *.localhost; web pages are refused.',
    },
    servers: [{ url: CONTROL_PREFIX.replace(/\/$/u, '') }],
    paths: Object.fromEntries(
      paths.map((path) => {
        const there = routes.filter((route) => route.path === path);
        return [`/${path}`, Object.fromEntries(there.map((route) => [route.method.toLowerCase(), operationOf(route)]))];
      }),
    ),
    components: { schemas: schemasOf() },
  };
}

function operationOf({ operationId, about, parameter, body, status, answer }: ControlRoute): Json {
  return {
    operationId,
    summary: about,
    ...(parameter === undefined ? {} : { parameters: [parameterOf(parameter)] }),
    ...(body === undefined ? {} : { requestBody: { required: true, content: contentOf(body) } }),
    responses: {
      [status]: { description: answer.description ?? '', content: contentOf(answer) },
      400: { description: 'The request is not as it must be.', content: contentOf(CONTROL_SCHEMAS.Problem) },
      403: { description: 'Not a program on this machine.', content: contentOf(CONTROL_SCHEMAS.Problem) },
    },
  };
}

function parameterOf({ name, about }: NonNullable<ControlRoute['parameter']>): Json {
  return { name, in: 'query', description: about, schema: { type: 'integer', minimum: 0 } };
}

/** @throws Error for a schema without a name: a defect of the table */
function contentOf(schema: z.ZodType): Json {
  const name = names.get(schema);
  if (name === undefined) throw new Error('a schema of the control interface has no name');
  return { 'application/json': { schema: { $ref: refTo(name) } } };
}

function refTo(name: string): string {
  return `#/components/schemas/${name}`;
}

function schemasOf(): Json {
  const registry = z.registry<{ id: string }>();
  for (const [schema, id] of names) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, { uri: refTo, io: 'input' });
  return Object.fromEntries(
    Object.entries(schemas).map(([name, { $schema: _dialect, $id: _id, ...schema }]) => [name, schema]),
  );
}
