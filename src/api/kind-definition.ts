import type { z } from 'zod';
import type { ResourceType } from './meta.ts';

/** One column of `kubectl get`. Columns of priority 1 are shown with `-o wide` only. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'boolean' | 'date';
  /** JSONPath as the API server reads it, from the root of the object. */
  readonly jsonPath: string;
  readonly priority?: 1;
  readonly description?: string;
}

/** All that a kind's CRD, its reference page and its types are made of. */
export interface KindDefinition {
  readonly type: ResourceType;
  readonly singular: string;
  readonly shortNames: readonly string[];
  /** The object without apiVersion, kind and metadata: `{spec, status}`, described by its own metadata. */
  readonly schema: z.ZodObject;
  readonly columns: readonly PrinterColumn[];
}

/** The column that shows one field of one condition. */
export function conditionColumn(
  name: string,
  condition: string,
  conditionField: 'status' | 'reason',
  extras: { readonly priority?: 1 } = {},
): PrinterColumn {
  return {
    name,
    type: 'string',
    jsonPath: `.status.conditions[?(@.type=="${condition}")].${conditionField}`,
    ...extras,
  };
}

/** How old the object is. A CRD that has columns has to name this one too. */
const ageColumn: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

/**
 * The columns of a kind: whether it is ready and why, its own, its age, and with `-o wide` the rest.
 * @param own the kind's own ones; `wide` are shown with `-o wide` only
 */
export function managedColumns(own: {
  readonly shown: readonly PrinterColumn[];
  readonly wide: readonly PrinterColumn[];
}): readonly PrinterColumn[] {
  return [
    conditionColumn('Ready', 'Ready', 'status'),
    conditionColumn('Reason', 'Ready', 'reason'),
    ...own.shown,
    ageColumn,
    ...own.wide.map((column): PrinterColumn => ({ ...column, priority: 1 })),
    conditionColumn('Synced', 'Synced', 'status', { priority: 1 }),
  ];
}
