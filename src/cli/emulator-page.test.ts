import assert from 'node:assert/strict';
import { test } from 'node:test';
import { devCommand } from './dev-command.ts';
import { emulatorCommand } from './emulator-command.ts';
import { emulatorPage } from './emulator-page.ts';

for (const command of [emulatorCommand(), devCommand()]) {
  test(`the page of the emulator tells of every flag that ${command.name()} --help lists, and whose it is`, () => {
    const page = emulatorPage();
    const listed = [...command.helpInformation().matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gmu)].map(
      ([, flag = '']) => flag,
    );
    assert.ok(listed.includes('--data'), listed.join(' '));
    for (const flag of listed.filter((each) => each !== '--help')) {
      const row = new RegExp(`^\\| \`${flag} [^|]*\\|[^|]*\\|[^|]*\\| (?:both|\`${command.name()}\`) \\|$`, 'mu');
      assert.match(page, row);
    }
  });
}
