import { randomBytes } from 'node:crypto';
import {
  type Account,
  type Identity,
  newAccessKeyId,
  newSecretAccessKey,
  rootIdentity,
  userIdentity,
} from './accounts.ts';
import { entityArn } from './iam/entities.ts';
import { type State, touch } from './state.ts';

/** A role as one session has it. */
export interface SessionRole {
  readonly roleName: string;
  /** This very incarnation of the role: another of that name is not meant. */
  readonly roleId: string;
  readonly sessionName: string;
}

/** A key pair for a while, which signs together with its token (W37). */
export interface Session {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly accountId: string;
  /** Whose rights it has, if it is no role's; absent: the root's. */
  readonly userId?: string | undefined;
  readonly role?: SessionRole | undefined;
  /** Policies that narrow it down. */
  readonly policies: readonly string[];
  readonly createdMs: number;
  readonly expiresMs: number;
}

/** Makes a session, and forgets those that have ended. */
export function addSession(
  state: State,
  wanted: Omit<Session, 'accessKeyId' | 'secretAccessKey' | 'sessionToken'>,
): Session {
  for (const [id, { expiresMs }] of state.sessions) {
    // Kept for a day, so that what has expired is told from what never was.
    if (expiresMs + 86_400_000 < wanted.createdMs) state.sessions.delete(id);
  }
  const session: Session = {
    ...wanted,
    accessKeyId: newAccessKeyId(),
    secretAccessKey: newSecretAccessKey(),
    sessionToken: randomBytes(96).toString('base64'),
  };
  state.sessions.set(session.accessKeyId, session);
  touch(state);
  return session;
}

/** Who a session is; `undefined` once its user or role is gone. */
export function sessionIdentity(account: Account, { userId, role }: Session): Identity | undefined {
  if (role !== undefined) return roleIdentity(account, role);
  if (userId === undefined) return rootIdentity(account);
  const user = [...account.users.values()].find((candidate) => candidate.userId === userId);
  return user && userIdentity(account, user);
}

function roleIdentity({ accountId, roles }: Account, wanted: SessionRole): Identity | undefined {
  const { roleName, roleId, sessionName } = wanted;
  const role = roles.get(roleName);
  if (role?.roleId !== roleId) return undefined;
  return {
    type: 'AssumedRole',
    accountId,
    arn: `arn:aws:sts::${accountId}:assumed-role/${roleName}/${sessionName}`,
    userId: `${roleId}:${sessionName}`,
    roleName,
    roleId,
    roleArn: entityArn(accountId, 'role', role.path, roleName),
  };
}
