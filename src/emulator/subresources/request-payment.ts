import { bucketRead, bucketWrite, xmlReply } from '../call.ts';
import { element, S3_NAMESPACE } from '../xml.ts';
import { type Subresource, unsupported } from './subresource.ts';

/** `?requestPayment`: reads answer, since common clients make them each time; the payer cannot be changed. */
export const requestPayment: Subresource = {
  query: 'requestPayment',
  operations: {
    GET: bucketRead('GetBucketRequestPayment', () =>
      xmlReply(element('RequestPaymentConfiguration', [element('Payer', 'BucketOwner')], { xmlns: S3_NAMESPACE })),
    ),
    PUT: bucketWrite('PutBucketRequestPayment', (call) => {
      throw unsupported(call);
    }),
  },
};

/** `?accelerate`: reads answer an empty document for the same reason. */
export const accelerate: Subresource = {
  query: 'accelerate',
  operations: {
    GET: bucketRead('GetBucketAccelerateConfiguration', () =>
      xmlReply(element('AccelerateConfiguration', undefined, { xmlns: S3_NAMESPACE })),
    ),
    PUT: bucketWrite('PutBucketAccelerateConfiguration', (call) => {
      throw unsupported(call);
    }),
  },
};
