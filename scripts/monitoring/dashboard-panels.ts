import type { Row } from './panel.ts';
import { KEYS } from './panels-keys.ts';
import { OPERATOR } from './panels-operator.ts';
import { OVERVIEW } from './panels-overview.ts';
import { WASABI } from './panels-wasabi.ts';
import { WORK } from './panels-work.ts';

/** The dashboard, row by row. Each metric is in one of its panels. */
export const ROWS: readonly Row[] = [OVERVIEW, WORK, WASABI, KEYS, OPERATOR];
