import { type AccessKey, type AccountKeys, addAccessKey, createAccount, keysOf } from './accounts.ts';
import type { AccountOptions } from './options.ts';
import type { State } from './state.ts';

/** An option of the account that a folder contradicts: it was made with another one, which cannot be changed. */
export class KeptAccountError extends Error {
  override readonly name = 'KeptAccountError';
  readonly option: keyof AccountOptions;

  constructor(option: keyof AccountOptions, why: string) {
    super(`${option}: ${why}: leave it out, or take another folder`);
    this.option = option;
  }
}

/**
 * The account of the options, or the one that a folder keeps, with a key of its root: the one asked for, else the oldest.
 * A root without any is given a new one.
 * @throws KeptAccountError when the folder keeps another than was asked for
 */
export function firstAccount(state: State, options: AccountOptions, nowMs: number): AccountKeys {
  const [kept] = state.accounts.values();
  if (kept === undefined) return createAccount(state, options, nowMs);
  const { accountId, name } = kept;
  for (const option of ['accountId', 'name'] as const) {
    const wanted = options[option];
    if (wanted !== undefined && wanted !== kept[option])
      throw new KeptAccountError(option, `the folder keeps ${kept[option]}, not ${wanted}`);
  }
  const keys = keysOf(state, accountId, undefined);
  const { accessKeyId, secretAccessKey } =
    keys.length === 0 ? addAccessKey(state, { ...options, accountId, createdMs: nowMs }) : keyAmong(keys, options);
  return { accountId, name, accessKeyId, secretAccessKey };
}

/** @throws KeptAccountError; it tells no secret */
function keyAmong(
  keys: readonly AccessKey[],
  { accessKeyId, secretAccessKey }: AccountOptions,
): Pick<AccessKey, 'accessKeyId' | 'secretAccessKey'> {
  const key = accessKeyId === undefined ? keys[0] : keys.find((each) => each.accessKeyId === accessKeyId);
  const known = keys.map((each) => each.accessKeyId).join(', ');
  if (key === undefined)
    throw new KeptAccountError('accessKeyId', `the folder keeps ${known}, not ${String(accessKeyId)}`);
  if (secretAccessKey !== undefined && secretAccessKey !== key.secretAccessKey)
    throw new KeptAccountError('secretAccessKey', `the folder keeps another secret for ${key.accessKeyId}`);
  return key;
}
