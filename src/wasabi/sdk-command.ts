import type { CallOptions } from './caller.ts';

/** A command of the SDK, whatever service it is of. */
export interface SdkCommand {
  readonly schema?: unknown;
  readonly input?: unknown;
  readonly middlewareStack: {
    add(middleware: unknown, options: { step: 'build'; name: string; override: boolean }): void;
  };
}

/** The API's name of the call. The class's own name would not survive a bundler. */
export function operationOf(command: SdkCommand): string {
  const { schema } = command;
  const name: unknown = Array.isArray(schema) ? schema[2] : undefined; // [kind, namespace, name, traits, input, output]
  if (typeof name !== 'string') throw new Error('a command of the SDK has no schema that names its operation');
  return name;
}

interface BuildArguments {
  readonly request: { readonly headers: Record<string, string>; readonly query: Record<string, string> };
}

/** Before signing: what is added is signed too. Adding it once is enough for all attempts. */
export function addToRequest(command: SdkCommand, { headers, query }: Pick<CallOptions, 'headers' | 'query'>): void {
  if (headers === undefined && query === undefined) return;
  const middleware = (next: (args: BuildArguments) => unknown) => (args: BuildArguments) => {
    Object.assign(args.request.headers, headers);
    Object.assign(args.request.query, query);
    return next(args);
  };
  command.middlewareStack.add(middleware, { step: 'build', name: 'callOptions', override: true });
}
