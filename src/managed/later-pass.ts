/**
 * Thrown by `apply` where the rest of the changes has to wait for a later pass, and nothing is wrong: what was begun takes
 * its time, and the kind's status says when to look again.
 */
export class LaterPass extends Error {
  override readonly name = 'LaterPass';
}
