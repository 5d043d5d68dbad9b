import { cannedAcl, publicAccessDenied } from '../acl.ts';
import { bucketRead, bucketWrite, type Call, emptyReply, type Reply, xmlReply } from '../call.ts';
import { ServiceError } from '../errors.ts';
import { ownerXml } from '../listing.ts';
import { type Bucket, touch } from '../state.ts';
import { addressedVersion } from '../versions.ts';
import { childOf, element, S3_NAMESPACE, type XmlElement, type XmlNode } from '../xml.ts';
import { malformed, parseRequestXml } from '../xml-shape.ts';
import type { Subresource } from './subresource.ts';

const XSI = 'http://www.w3.org/2001/XMLSchema-instance';
const ALL_USERS = 'http://acs.amazonaws.com/groups/global/AllUsers';

function grantXml(grantee: XmlNode, permission: string): XmlNode {
  return element('Grant', [grantee, element('Permission', permission)]);
}

function aclReply(call: Call, acl: string): Reply {
  const owner = ownerXml(call, 'Grantee', { 'xmlns:xsi': XSI, 'xsi:type': 'CanonicalUser' });
  const everyone = element('Grantee', [element('URI', ALL_USERS)], { 'xmlns:xsi': XSI, 'xsi:type': 'Group' });
  const grants = [
    grantXml(owner, 'FULL_CONTROL'),
    ...(acl.startsWith('public-') ? [grantXml(everyone, 'READ')] : []),
    ...(acl === 'public-read-write' ? [grantXml(everyone, 'WRITE')] : []),
  ];
  return xmlReply(
    element('AccessControlPolicy', [ownerXml(call), element('AccessControlList', grants)], { xmlns: S3_NAMESPACE }),
  );
}

/** The canned ACL of the header, or what the grants of the body come to. @throws ServiceError MissingSecurityHeader */
function wantedAcl(call: Call, bucket: Bucket): string {
  const isInHeaders = Object.keys(call.headers).some((name) => name === 'x-amz-acl' || name.startsWith('x-amz-grant-'));
  if (isInHeaders) return cannedAcl(call);
  if (call.body.length === 0)
    throw new ServiceError('MissingSecurityHeader', { elements: { MissingHeaderName: 'x-amz-acl' } });
  const root = parseRequestXml(call.body);
  const list = childOf(root, 'AccessControlList');
  if (root.name !== 'AccessControlPolicy' || list === undefined) throw malformed('an AccessControlPolicy is needed');
  const granted = list.children.map((grant) => cannedOfGrant(grant, call, bucket));
  return ['public-read-write', 'public-read'].find((acl) => granted.includes(acl)) ?? 'private';
}

/** The canned ACL that one grant amounts to. @throws ServiceError AccessDenied, NotImplemented */
function cannedOfGrant(grant: XmlElement, call: Call, bucket: Bucket): string {
  const grantee = childOf(grant, 'Grantee');
  if (grantee !== undefined && childOf(grantee, 'ID')?.text === bucket.ownerId) return 'private';
  if (grantee !== undefined && childOf(grantee, 'URI')?.text === ALL_USERS) {
    if (call.settings.quirks.publicAccess === 'refused') throw publicAccessDenied();
    return childOf(grant, 'Permission')?.text === 'READ' ? 'public-read' : 'public-read-write';
  }
  throw new ServiceError('NotImplemented', { message: 'Grants to other accounts or groups are not emulated.' });
}

/** `?acl` of a bucket. */
export const bucketAcl: Subresource = {
  query: 'acl',
  operations: {
    GET: bucketRead('GetBucketAcl', (call, bucket) => aclReply(call, bucket.acl)),
    PUT: bucketWrite('PutBucketAcl', (call, bucket) => {
      bucket.acl = wantedAcl(call, bucket);
      touch(call.state);
      return emptyReply();
    }),
  },
};

/** `?acl` of an object. */
export const objectAcl: Subresource = {
  query: 'acl',
  operations: {
    GET: bucketRead('GetObjectAcl', (call, bucket) => {
      return aclReply(call, addressedVersion(call, bucket).acl ?? 'private');
    }),
    PUT: bucketWrite('PutObjectAcl', (call, bucket) => {
      addressedVersion(call, bucket).acl = wantedAcl(call, bucket);
      touch(call.state);
      return emptyReply();
    }),
  },
};
