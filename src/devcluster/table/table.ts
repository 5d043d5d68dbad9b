import type { Json, JsonObject } from '../json.ts';
import type { ApiObject } from '../object.ts';
import { badRequestError } from '../status.ts';
import type { Column } from './columns.ts';

/** How much of the object stands beside its cells. */
export type IncludeObject = 'Metadata' | 'Object' | 'None';

/** The parameter `includeObject`. @throws ApiError 400 */
export function includeObjectOf(query: URLSearchParams): IncludeObject {
  const value = query.get('includeObject') ?? '';
  if (value === 'Metadata' || value === '') return 'Metadata';
  if (value === 'Object' || value === 'None') return value;
  const words = `includeObject: Invalid value: ${JSON.stringify(value)}: must be 'Metadata', 'Object', 'None', or empty`;
  throw badRequestError(`Unable to convert to Table as requested: ${words}`);
}

/** One object as a row: its cells, and what else of it is wanted (`objectText`, already JSON). */
export function rowText(columns: readonly Column[], object: ApiObject, nowMs: number, objectText: string): string {
  const cells: Json = columns.map((column) => column.cell(object, nowMs));
  return `{"cells":${JSON.stringify(cells)},"object":${objectText}}`;
}

/** A metav1.Table from its rows. `columns`: undefined leaves the headers out, as after the first event of a watch. */
export function tableText(
  columns: readonly Column[] | undefined,
  metadata: JsonObject,
  rows: readonly string[],
): string {
  const head = JSON.stringify({ kind: 'Table', apiVersion: 'meta.k8s.io/v1', metadata });
  const headers = columns === undefined ? 'null' : JSON.stringify(columns); // functions have no JSON
  return `${head.slice(0, -1)},"columnDefinitions":${headers},"rows":[${rows.join(',')}]}`;
}
