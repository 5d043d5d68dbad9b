import { registerHooks } from 'node:module';

/**
 * For `node --import`: as if the packages of OpenTelemetry, which are optional, were not installed. The library of the
 * metrics brings that of the interfaces by itself.
 */
registerHooks({
  resolve(specifier, context, next) {
    if (/^@opentelemetry\/(?!api$)/.test(specifier)) throw new Error(`Cannot find package '${specifier}'`);
    return next(specifier, context);
  },
});
