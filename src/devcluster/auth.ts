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
    const token = tokenOf(authorization ?? '');
    if (token === undefined) throw unauthorizedError();
    for (const [known, user] of this.#users) if (isSameText(known, token)) return user;
    throw unauthorizedError();
  }
}

/**
 * The token, as a bearer's or as a password. The real server knows no passwords; but kubectl sends a token over TLS
 * alone, so that on plain HTTP it must stand in the URL: `http://admin:TOKEN@127.0.0.1:PORT`.
 */
function tokenOf(authorization: string): string | undefined {
  const bearer = /^Bearer +(\S+)\s*$/i.exec(authorization)?.[1];
  if (bearer !== undefined) return bearer;
  const basic = /^Basic +([\w+/=-]+)\s*$/i.exec(authorization)?.[1];
  return basic === undefined ? undefined : /:(.+)$/s.exec(Buffer.from(basic, 'base64').toString('utf8'))?.[1];
}

function isSameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
