import { timingSafeEqual } from 'node:crypto';
import { unauthorizedError } from './status.ts';

/** Bearer tokens and whom they stand for. There is no authorization: each of them may do all. */
export class Authenticator {
  readonly #users: ReadonlyMap<string, string>;

  constructor(users: ReadonlyMap<string, string>) {
    this.#users = users;
  }

  /** The user's name. @throws ApiError 401 without a token, and for one that nobody was given */
  user(authorization: string | undefined): string {
    const token = /^Bearer +(\S+)\s*$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) throw unauthorizedError();
    for (const [known, user] of this.#users) if (isSameText(known, token)) return user;
    throw unauthorizedError();
  }
}

function isSameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
