import { readFile } from 'node:fs/promises';
import { z } from 'zod';

const auditEvent = z.object({
  stage: z.string(),
  verb: z.string(),
  requestURI: z.string(),
  user: z.object({ username: z.string(), groups: z.array(z.string()).optional() }),
  userAgent: z.string().optional(),
  objectRef: z
    .object({
      resource: z.string(),
      namespace: z.string().optional(),
      name: z.string().optional(),
      apiGroup: z.string().optional(),
      subresource: z.string().optional(),
    })
    .optional(),
  responseStatus: z.object({ code: z.number() }).optional(),
  requestReceivedTimestamp: z.string(),
});

/** The parts of an audit.k8s.io/v1 Event that tests ask for. */
export type AuditEvent = z.output<typeof auditEvent>;

/**
 * The events of an audit log. The server writes an event before it answers the request, so that a call that has
 * returned is in the log; a last line that is not complete yet is left out.
 */
export async function readAuditLog(path: string): Promise<readonly AuditEvent[]> {
  const lines = (await readFile(path, 'utf8')).split('\n');
  return lines.slice(0, -1).map((line) => auditEvent.parse(JSON.parse(line)));
}
