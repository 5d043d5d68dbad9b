/** Thrown for a policy that is none. The services answer it with codes of their own. */
export class PolicySyntaxError extends Error {
  override readonly name = 'PolicySyntaxError';
}
