const MINUTE_S = 60;
const HOUR_S = 60 * MINUTE_S;
const DAY_S = 24 * HOUR_S;
const YEAR_S = 365 * DAY_S;

/** `AbB`, or `A` alone when there is no rest: `3m20s`, `3m`. */
function twoParts(seconds: number, unitS: number, unit: string, partS: number, part: string): string {
  const rest = Math.floor((seconds % unitS) / partS);
  const whole = `${Math.floor(seconds / unitS)}${unit}`;
  return rest === 0 ? whole : `${whole}${rest}${part}`;
}

/** How long ago, as kubectl shows it: two units at most, fewer the longer it is. Source: apimachinery, util/duration. */
export function ageText(sinceMs: number, nowMs: number): string {
  const seconds = Math.trunc((nowMs - sinceMs) / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 2 * MINUTE_S) return `${seconds}s`;
  if (seconds < 10 * MINUTE_S) return twoParts(seconds, MINUTE_S, 'm', 1, 's');
  if (seconds < 3 * HOUR_S) return `${Math.floor(seconds / MINUTE_S)}m`;
  if (seconds < 8 * HOUR_S) return twoParts(seconds, HOUR_S, 'h', MINUTE_S, 'm');
  if (seconds < 2 * DAY_S) return `${Math.floor(seconds / HOUR_S)}h`;
  if (seconds < 8 * DAY_S) return twoParts(seconds, DAY_S, 'd', HOUR_S, 'h');
  if (seconds < 2 * YEAR_S) return `${Math.floor(seconds / DAY_S)}d`;
  if (seconds < 8 * YEAR_S) return twoParts(seconds, YEAR_S, 'y', DAY_S, 'd');
  return `${Math.floor(seconds / YEAR_S)}y`;
}
