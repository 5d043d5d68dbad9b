/** A policy as text. */
export function policyText(...statements: readonly unknown[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements });
}

/** A statement of an identity's policy that allows these actions everywhere. */
export function allow(...actions: readonly string[]) {
  return { Effect: 'Allow', Action: actions, Resource: '*' };
}

/** The opposite. */
export function deny(...actions: readonly string[]) {
  return { ...allow(...actions), Effect: 'Deny' };
}
