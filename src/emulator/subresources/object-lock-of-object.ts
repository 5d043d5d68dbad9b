import { getObjectLegalHold, getObjectRetention, putObjectLegalHold, putObjectRetention } from '../object-lock.ts';
import type { Subresource } from './subresource.ts';

/** `?retention` of an object. */
export const retention: Subresource = {
  query: 'retention',
  operations: { GET: getObjectRetention, PUT: putObjectRetention },
};

/** `?legal-hold` of an object. */
export const legalHold: Subresource = {
  query: 'legal-hold',
  operations: { GET: getObjectLegalHold, PUT: putObjectLegalHold },
};
