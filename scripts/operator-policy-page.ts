import {
  OPERATOR_NAME,
  operatorPolicy,
  type PolicyAdditions,
  type PolicyPreset,
  type PolicyStatement,
} from '../src/wasabi/operator-policy.ts';
import { SERVICE_RIGHTS, type ServiceRight } from '../src/wasabi/service-rights.ts';

const PRESETS: readonly (readonly [preset: PolicyPreset, title: string, what: string])[] = [
  ['full', 'Everything', 'All six kinds, but for [`spec.groups` of Users](#what-may-be-added).'],
  [
    'buckets',
    'Buckets alone',
    'Provider, Bucket and BucketPolicy, without `spec.autoManage`. The key can then give nobody access but by the policy of a bucket: nothing in it reaches users and their keys.',
  ],
  [
    'read-only',
    'A plan',
    'For `--observe-only`, or where every object has `mode: Observe`: the operator says what it would change, and could not change it.',
  ],
];

/** docs/reference/operator-policy.md, made of SERVICE_RIGHTS. */
export function operatorPolicyPage(): string {
  return `# The policy of the operator's own key

Each Provider has a key. Make it one of a **user that has the policy below and nothing else**, not one of the root: whoever
gets hold of it can do what the policy says, and [what follows from that](#what-a-stolen-key-opens). No call of the operator
needs the root.

1. Save the JSON of the preset that you want as \`policy.json\`.
2. Make user, policy and key, with a key of the root or of an administrator, in the console of Wasabi or by

\`\`\`sh untested="test/operator-policy.test.ts makes these calls on the emulator"
alias wasabi-iam='aws iam --endpoint-url https://iam.wasabisys.com --region us-east-1'
wasabi-iam create-policy --policy-name ${OPERATOR_NAME} --policy-document file://policy.json
wasabi-iam create-user --user-name ${OPERATOR_NAME}
wasabi-iam attach-user-policy --user-name ${OPERATOR_NAME} --policy-arn arn:aws:iam::ACCOUNT:policy/${OPERATOR_NAME}
wasabi-iam create-access-key --user-name ${OPERATOR_NAME}
\`\`\`

3. Put the key into the Secret of the Provider. The condition \`AuthValid\` says whether it works; a call that it may not make
   is told by \`AccessDenied\` on the object, with the name of the call: the table below leads to the permission.

Keep the name, or write yours into the statements \`ReadItself\` and \`NotItself\`. **To narrow it down**, let all names begin
alike (\`spec.name\` of Buckets, Users and IAMPolicies; an IAMPolicy without one is called NAMESPACE.NAME), and write that
beginning before each \`*\`: \`arn:aws:s3:::team-a-*\`, \`arn:aws:s3:::team-a-*/*\`, \`arn:aws:iam::*:user/team-a-*\`. Other names
are then refused by the service, whatever an object says (but see [what a stolen key opens](#what-a-stolen-key-opens)). A
managed policy of Wasabi's own (\`arn:aws:iam::aws:policy/…\`) is reached by the User that names it.

${PRESETS.map(section).join('\n\n')}

${aboutMoreAndLess()}

## What no policy keeps from happening

- By one reading of its documentation Wasabi shuts out every user whom the policy of a bucket does not name, but never the
  root ([row W20](../wasabi.md)). Should you meet that (\`AccessDenied\` on a bucket that has a policy), name the operator's
  user in a statement of that bucket's policies.

## Each call and what it takes

The names are those of AWS; those of Wasabi's own compliance are assumed. \`plan\`: made in mode Observe, too.

| Call | Permissions | On | |
| --- | --- | --- | --- |
${SERVICE_RIGHTS.map(row).join('\n')}

Held by tests: the code makes these calls and no others; the worlds in which the operator is tested sign with the key of a user
that has the policy \`full\` (\`test/support/operator-user.ts\`), with one of the additions where a test is about it, on an emulator that
decides each call by policies as AWS does, and with the root only where they try the strict reading of row W20; what the policies do not say is refused there
(\`test/operator-policy.test.ts\`), and what they open is shown (\`test/operator-policy-openings.test.ts\`).
`;
}

/** What no preset has, and what those that there are amount to in the wrong hands. */
function aboutMoreAndLess(): string {
  return `## What may be added

No preset has these: each opens more than the operator makes of it. Add the statement to the policy where you need it.

**Users with \`spec.groups\`.** Name the groups, one ARN for each. The permission is on the group, whoever joins it: whoever has
the operator's key can join each of them with the operator's own user. So name none of administrators, and never
\`group/*\`. Without the statement a User with groups says \`AccessDenied\`, while its policies are applied; one that is in such a
group is not deleted until somebody takes it out.

${addition({ groups: ['GROUP'] })}

**To see until when a version is locked**, with object lock and \`forceDelete\`. The answer to HeadObject says so, but
the same permission gives the content of every version that has an id, by GetObject. Without the statement nothing of the emptying
is lost but this: the operator cannot look whether what is left is still locked, and tries to delete it again after 1, 2, 4, …
15 minutes, with calls that change nothing, in place of one read at most hourly and one at the end of the retention.

${addition({ seesLocks: true })}

## What it leaves out

There is no \`s3:GetObject\`, \`s3:GetObjectVersion\` or \`s3:PutObject\`: content can be listed, and, but for \`read-only\`,
deleted; [what opens it](#what-a-stolen-key-opens) is another matter. Without the statement \`DeleteContent\` no bucket is emptied
object by object, so that \`forceDelete\` rests on Wasabi's own \`force_delete\`, which \`s3:DeleteBucket\` allows: leave that
out, too, and use \`deletionPolicy: Retain\`, where no data may ever go.

Nor are there groups, roles or sessions to be made, groups to be joined, account details, billing, or anything that writes the
operator's own user and policy (statement \`NotItself\`).

## What a stolen key opens

- **Content, by way of a bucket's policy** (\`full\`, \`buckets\`). Who may write the policies, ACLs and replication of buckets can
  open what is in them to anybody, its own user included. The operator makes no such call for itself, and IAM cannot tell it
  from somebody who would. \`read-only\` opens none.
- **Everything, by way of another user** (\`full\`). Who may write policies of users can give a user anything, and make a key of
  it: Wasabi has no permissions boundaries. That user may then do everything in the account, and a beginning of names is no
  bound for it: its policy may name anything. [What tenants may ask for](../guides/other-namespaces.md) the operator
  decides, not the service.`;
}

/** The statement that comes with it, and with nothing else. */
function addition(additions: PolicyAdditions): string {
  const known = operatorPolicy('full').Statement.map(({ Sid }) => Sid);
  const added = operatorPolicy('full', additions).Statement.filter(({ Sid }) => !known.includes(Sid));
  return `\`\`\`json\n${added.map((statement) => JSON.stringify(statement, null, 2)).join(',\n')}\n\`\`\``;
}

function section([preset, title, what]: (typeof PRESETS)[number]): string {
  const { Version, Statement } = operatorPolicy(preset);
  const statements = Statement.map(statementText).join(',\n');
  return `## ${title}: \`${preset}\`

${what}

\`\`\`json
{
  "Version": "${Version}",
  "Statement": [
${statements}
  ]
}
\`\`\``;
}

/** With the actions on one line each, so that they can be read and taken out. */
function statementText(statement: PolicyStatement): string {
  return JSON.stringify(statement, null, 2)
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n');
}

function row({ operations, actions, scope, isRead }: ServiceRight): string {
  const words = actions.length === 0 ? 'none' : actions.map((action) => `\`${action}\``).join(', ');
  return `| ${operations.join(', ')} | ${words} | ${scope.toLowerCase()} | ${isRead ? 'plan' : ''} |`;
}
