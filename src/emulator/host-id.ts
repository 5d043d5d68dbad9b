/** The host id of AWS's answers, which support asks for beside the request id. */
export function hostIdOf(requestId: string): string {
  return Buffer.from(`emulator ${requestId}`).toString('base64');
}
