import type { Bucket } from '../../../api/bucket.ts';
import type { KindEvent, KindStatus } from '../../../managed/kind.ts';
import { CHILD_KINDS, childText } from './child-kinds.ts';
import type { DesiredChildren } from './desired.ts';
import { childrenVerdict } from './verdict.ts';

/** The status of a Bucket with what its children add to it: as they are now. Pure. */
export function withChildren(status: KindStatus, resource: Bucket, children: DesiredChildren): KindStatus {
  const { failure, awaited, isUnusable, credentialsSecret, lastHandledRotateAt } = childrenVerdict(
    children,
    children.found,
  );
  return {
    ...status,
    fields: { ...status.fields, credentialsSecret, lastHandledRotateAt },
    failure: status.failure ?? failure,
    awaited,
    isUnusable: isUnusable || status.isUnusable === true,
    events: [...(status.events ?? []), ...absenceEvents(resource)],
  };
}

/** The predecessor made children for every Bucket, asked or not; its status has no region, which our first one has. */
function absenceEvents(bucket: Bucket): readonly KindEvent[] {
  const { credentialsSecret, region } = bucket.status ?? {};
  if (bucket.spec.autoManage !== undefined || credentialsSecret === undefined || region !== undefined) return [];
  const names = CHILD_KINDS.map((kind) => childText(kind, bucket)).join(', ');
  const note = `spec.autoManage is absent, so nothing is made for this Bucket; ${names} stay as an earlier operator left them: add spec.autoManage to have them kept up`;
  return [{ type: 'Normal', reason: 'AutoManageAbsent', note }];
}
