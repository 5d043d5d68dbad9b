import { type ASTNode, type Environment, Optional } from '@marcbachmann/cel-js';

/*
 * The macros on optional values that the library lacks: `o.optMap(v, expr)` and `o.optFlatMap(v, expr)`.
 * The shapes below are the part of the library's macro interface that they use; it publishes no types for it.
 */

interface Scope {
  forkWithVariable(name: string, type: unknown): BoundScope;
}

interface BoundScope extends Scope {
  reuse(scope: Scope): BoundScope;
  setIterValue(value: unknown, evaluator: Evaluator): Scope;
}

interface Evaluator {
  run(node: ASTNode, scope: Scope): unknown;
}

interface OptionalType {
  readonly kind: string;
  readonly valueType: unknown;
}

interface Checker {
  check(node: ASTNode, scope: Scope): OptionalType;
  getType(name: string): unknown;
}

interface Macro {
  readonly receiver: ASTNode;
  readonly variable: string;
  readonly expression: ASTNode;
  bound: BoundScope | undefined;
  typeCheck(checker: Checker, macro: Macro, scope: Scope): unknown;
  evaluate(evaluator: Evaluator, macro: Macro, scope: Scope): unknown;
}

function macroOf(name: string, wrap: (value: unknown) => unknown) {
  return ({ args, receiver }: { readonly args: readonly ASTNode[]; readonly receiver: ASTNode }): Macro => {
    const [variable, expression] = args;
    if (variable?.op !== 'id' || expression === undefined) throw new Error(`${name}(var, expression) needs a variable`);
    return {
      receiver,
      variable: variable.args,
      expression,
      bound: undefined,
      typeCheck: (checker, macro, scope) => {
        const type = checker.check(macro.receiver, scope);
        const valueType = type.kind === 'optional' ? type.valueType : checker.getType('dyn');
        macro.bound = scope.forkWithVariable(macro.variable, valueType);
        checker.check(macro.expression, macro.bound);
        return checker.getType('optional');
      },
      evaluate: (evaluator, macro, scope) => {
        const optional = evaluator.run(macro.receiver, scope);
        if (!(optional instanceof Optional) || macro.bound === undefined || !optional.hasValue())
          return Optional.none();
        const inner = macro.bound.reuse(scope).setIterValue(optional.value(), evaluator);
        return wrap(evaluator.run(macro.expression, inner));
      },
    };
  };
}

/** Registers both macros. */
export function registerOptionalMacros(env: Environment): void {
  env.registerFunction(
    'optional.optMap(ast, ast): optional<dyn>',
    macroOf('optMap', (value) => Optional.of(value)),
  );
  env.registerFunction(
    'optional.optFlatMap(ast, ast): optional<dyn>',
    macroOf('optFlatMap', (value) => value),
  );
}
