// One user as JSON text, in the words of API 3.x and of API 2.x.
import { fieldNames } from './dialect.mjs';
import { folderWriter, homeFolderId } from './folders.mjs';
import { hash } from './random.mjs';
import { isAdmin, isEnabled, keysOf, username } from './people.mjs';
import { fakeSecret } from './secrets.mjs';
import { COMPANY, DEPARTMENT, NOTES_JSON, TEAM, TOP_FOLDER, documentationNetwork } from './words.mjs';

const CREATED = 11;
const MODIFIED = 12;
const NOTE = 13;
const NETWORKS = 14;
const SECOND_PERMISSION = 15;
const PASSWORD = 16;
const STORAGE = 17;

const FIRST_DAY = Date.UTC(2023, 0, 2);
const TWO_YEARS = 730 * 86_400_000;
/** Revision n happens n days after this one. */
const REVISIONS_FROM = Date.UTC(2025, 5, 1, 4, 30);
const DAY = 86_400_000;

const FIELDS = [
  'id',
  'username',
  'enabled',
  'userType',
  'usesPassword',
  'password',
  'uid',
  'gid',
  'homeFolder',
  'homeFolderId',
  'modifiedDate',
  'version',
  'notes',
  'allowedIps',
  'publicKeys',
  'name',
  'value',
  'generated',
  'createdDate',
  'permissions',
  'userId',
  'folderId',
  'permission',
  'department',
];

/** Fields no document knows of: odd names, an object, lists, a number beyond 2^53, two spellings of one name. */
const extras = (index) =>
  `,"x-tenant Ref":"t${index % 7}","featureFlags":{"mfa":${index % 2 === 0},"limits":{"maxSessions":${index % 9},"ratio":0.25}}` +
  `,"Labels":["a","b"],"labels":[],"bigCounter":${9_007_199_254_740_993n + BigInt(index)}`;

function networks(seed, index) {
  const draw = hash(seed, index, NETWORKS);
  const count = draw % 10 < 5 ? 0 : draw % 10 < 8 ? 1 : 2;
  const list = [];
  for (let n = 0; n < count; n += 1) list.push(`"${documentationNetwork(hash(seed, index, NETWORKS + 100 + n))}"`);
  return list.join(',');
}

/** A function from (index, what revisions changed) to the JSON text of a 3.x user. */
export function userWriter({ seed, connections, casing, home, secrets, extraFields, timestamp, revision }) {
  const k = fieldNames(FIELDS, casing);
  const folderJson = folderWriter({ seed, connections, casing });
  const homeOf = (id) =>
    home === 'id' ? `${k.homeFolderId}${id}` : `${k.homeFolder}${id === null ? 'null' : folderJson(id)}`;
  const keyJson = (key) =>
    `{${k.id}${key.id},${k.name}${JSON.stringify(key.device)},${k.value}"${key.value}",${k.enabled}${key.pick % 20 !== 0},${
      k.generated
    }${key.pick % 5 === 0},${k.createdDate}${timestamp(FIRST_DAY + ((key.pick * 997) % TWO_YEARS))}}`;
  const permissionJson = (user, folderId) =>
    `{${k.userId}${user},${k.folderId}${folderId},${k.permission}"READ_WRITE"}`;

  return (index, changes) => {
    const id = index + 1;
    const admin = isAdmin(index);
    const byPassword = admin || hash(seed, index, PASSWORD) % 10 === 0;
    const password = byPassword && secrets === 'echoed' ? `"${fakeSecret(`$2a$10$hash${id}`)}"` : 'null';
    const homeId = homeFolderId(index);
    const second = hash(seed, index, SECOND_PERMISSION);
    const modified = changes.edits
      ? REVISIONS_FROM + changes.edits * DAY
      : FIRST_DAY + ((hash(seed, index, MODIFIED) * 15) % TWO_YEARS);
    let permissions = homeId === null ? '' : permissionJson(id, homeId);
    if (homeId !== null && second % 8 === 0)
      permissions += `,${permissionJson(id, 1 + ((second >>> 8) % TOP_FOLDER.length))}`;
    return (
      `{${k.id}${id},${k.username}${JSON.stringify(username(seed, index))},${k.enabled}${isEnabled(seed, index, changes)}` +
      `,${k.userType}"${admin ? 'ADMIN' : 'SFTP'}",${k.usesPassword}${byPassword},${k.password}${password}` +
      `,${k.uid}${10_000 + id},${k.gid}${homeId === null ? 'null' : 1000 + (hash(seed, index, CREATED) % 4)},${homeOf(homeId)}` +
      `,${k.modifiedDate}${timestamp(modified)},${k.version}${((hash(seed, index, CREATED) >>> 8) % 12) + changes.edits}` +
      `,${k.notes}${NOTES_JSON[hash(seed, index, NOTE) % NOTES_JSON.length]},${k.allowedIps}[${networks(seed, index)}]` +
      `,${k.publicKeys}[${keysOf(seed, index, changes).map(keyJson).join(',')}],${k.permissions}[${permissions}]` +
      `${revision > 0 ? `,${k.department}"${DEPARTMENT[index % DEPARTMENT.length]}"` : ''}${extraFields ? extras(index) : ''}}`
    );
  };
}

const V2_BUCKET = COMPANY.map((company) => `sftpgw-${company}`);
/** Known levels of encryption: SSE-S3, none, or a KMS key's ARN (account number and id are made up). */
const KMS_ARN = 'arn:aws:kms:eu-central-1:000000000000:key/00000000-1111-2222-3333-444444444444';
export const V2_ENCRYPTION = ['1', '4', KMS_ARN];

/** A function from (index, changes) to the JSON text of a 2.x user: every value is a string. */
export function userWriterV2({ seed, cloud, extraFields, revision }) {
  return (index, changes) => {
    const storage = hash(seed, index, STORAGE);
    const name = username(seed, index);
    const key = keysOf(seed, index, changes)[0];
    const flag = (bit) => ((storage >>> bit) & 1 ? 'TRUE' : 'FALSE');
    const user = {
      username: name,
      bucketName: V2_BUCKET[storage % V2_BUCKET.length],
      path: `/${TEAM[(storage >>> 6) % TEAM.length]}/${name}`,
      pubSsh: key ? key.value : '',
      ...(cloud === 'aws' ? { s3EncryptionLevel: V2_ENCRYPTION[(storage >>> 12) % V2_ENCRYPTION.length] } : {}),
      downloadDir: flag(20),
      sharedDir: flag(21),
      uidNumber: String(10_001 + index),
      ...(revision > 0 ? { department: DEPARTMENT[index % DEPARTMENT.length] } : {}),
      ...(extraFields ? { 'x-tenant Ref': `t${index % 7}` } : {}),
    };
    if (changes.edits) user.path += `/r${changes.edits}`;
    return JSON.stringify(user);
  };
}
