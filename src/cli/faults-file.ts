import { readFileSync } from 'node:fs';
import { type FaultRule, ruleOf } from '../emulator/fault-schema.ts';

/** The faults of a file, a JSON list. @throws Error naming the file, and which fault of it is wrong */
export function faultsIn(file: string): readonly FaultRule[] {
  try {
    const list: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (!Array.isArray(list)) throw new Error('it must be a list');
    return list.map((item: unknown, index) => ruleAt(index, item));
  } catch (cause) {
    throw new Error(`${file}: ${messageOf(cause)}.`, { cause });
  }
}

function ruleAt(index: number, item: unknown): FaultRule {
  try {
    return ruleOf(item);
  } catch (cause) {
    throw new Error(`fault ${index + 1}: ${messageOf(cause)}`, { cause });
  }
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
