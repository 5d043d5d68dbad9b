import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { z } from 'zod';

const auditEvent = z.object({
  stage: z.string(),
  verb: z.string(),
  requestURI: z.string(),
  // Kubernetes 1.35 names nobody where the token was not known.
  user: z.object({ username: z.string().default(''), groups: z.array(z.string()).optional() }),
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
  annotations: z.record(z.string(), z.string()).optional(),
  requestReceivedTimestamp: z.string(),
});

/** The parts of an audit.k8s.io/v1 Event that tests ask for. */
export type AuditEvent = z.output<typeof auditEvent>;

/**
 * The events of an audit log, from the oldest on, one after the other: that of a long run does not fit into memory. From
 * 100 MB on the server sets a file aside and begins another one; those count too. The server writes an event before it
 * answers the request, so that a call that has returned is in the log; a last line that is not complete yet is left out.
 */
export async function* auditEvents(path: string): AsyncGenerator<AuditEvent> {
  for (const file of [...(await setAside(path)), path]) {
    let rest = '';
    for await (const chunk of createReadStream(file, { encoding: 'utf8', highWaterMark: 1 << 20 })) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) yield auditEvent.parse(JSON.parse(line));
    }
  }
}

/** All events of the log of a short run. */
export async function readAuditLog(path: string): Promise<readonly AuditEvent[]> {
  const events: AuditEvent[] = [];
  for await (const event of auditEvents(path)) events.push(event);
  return events;
}

/** The older files, whose names have the time in them: `audit-2026-11-22T10-11-12.345.log`. */
async function setAside(path: string): Promise<readonly string[]> {
  const { dir, name, ext } = parse(path);
  const names = (await readdir(dir)).filter((file) => file.startsWith(`${name}-`) && file.endsWith(ext));
  return names.sort().map((file) => join(dir, file));
}
