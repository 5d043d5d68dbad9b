import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addAccessKey } from './accounts.ts';
import { firstAccount, KeptAccountError } from './first-account.ts';
import type { AccountOptions } from './options.ts';
import { emptyState, type State } from './state.ts';

const made = { accountId: '100000000042', name: 'team', accessKeyId: 'MINE', secretAccessKey: 'only-here' };

function kept(): State {
  const state = emptyState();
  firstAccount(state, made, 0);
  return state;
}

const agreeing: readonly AccountOptions[] = [{}, { accountId: '100000000042' }, { accessKeyId: 'MINE' }, made];

for (const options of agreeing) {
  test(`W53 W54 what a folder keeps is given to who asks for ${JSON.stringify(options)}`, () => {
    const state = kept();
    const { revision } = state;
    assert.deepEqual(firstAccount(state, options, 0), made);
    assert.equal(state.revision, revision);
  });
}

const contradicting: readonly { readonly options: AccountOptions; readonly message: string }[] = [
  {
    options: { accountId: '100000000099' },
    message: 'accountId: the folder keeps 100000000042, not 100000000099: leave it out, or take another folder',
  },
  { options: { name: 'them' }, message: 'name: the folder keeps team, not them: leave it out, or take another folder' },
  {
    options: { accessKeyId: 'THEIRS' },
    message: 'accessKeyId: the folder keeps MINE, SECOND, not THEIRS: leave it out, or take another folder',
  },
  {
    options: { accessKeyId: 'SECOND', secretAccessKey: 'guess' },
    message: 'secretAccessKey: the folder keeps another secret for SECOND: leave it out, or take another folder',
  },
];

for (const { options, message } of contradicting) {
  test(`W53 W54 a folder that keeps another account refuses ${JSON.stringify(options)}`, () => {
    const state = kept();
    addAccessKey(state, { accountId: made.accountId, createdMs: 1, accessKeyId: 'SECOND' });
    assert.throws(
      () => firstAccount(state, options, 0),
      (error: unknown) => {
        assert.ok(error instanceof KeptAccountError);
        return error.message === message;
      },
    );
  });
}

test('W54 a root whose keys are all deleted is given a new one, and stays the root of its account', () => {
  const state = kept();
  state.keys.clear();
  const { accountId, accessKeyId } = firstAccount(state, { accessKeyId: 'NEXT' }, 5);
  assert.deepEqual([accountId, accessKeyId, state.accounts.size], [made.accountId, 'NEXT', 1]);
  assert.equal(state.keys.get('NEXT')?.createdMs, 5);
});
