// What the appliance says of itself: cloud connections, diagnostics, 2.x encryption levels, backup.
import { respell } from './dialect.mjs';
import { COMPANY } from './words.mjs';
import { V2_ENCRYPTION } from './users.mjs';
import { fakePrivateKey, fakeSecret } from './secrets.mjs';

const UPDATED = Date.UTC(2025, 2, 14, 15, 9, 26, 535);

const serviceAccount = (company, id) =>
  JSON.stringify({
    type: 'service_account',
    project_id: `${company}-files`,
    private_key_id: fakeSecret(`kid${id}`),
    private_key: fakePrivateKey('', id),
    client_email: `gateway@${company}-files.example`,
  });

/** Four ways to reach a bucket: instance credentials, a key pair, a connection string, a service account. */
const STORES = [
  (company) => ({ storageUrl: `s3://${company}-files`, encryptionType: 'SSE-S3', useInstanceCredentials: true }),
  (company, id) => ({
    storageUrl: `s3://${company}-vault/inbox`,
    encryptionType: 'SSE-KMS',
    kmsKeyArn: 'arn:aws:kms:eu-central-1:000000000000:key/00000000-1111-2222-3333-444444444444',
    useInstanceCredentials: false,
    secret: { accessKey: fakeSecret(`AKIA${id}`), secretKey: fakeSecret(`sk${id}`) },
  }),
  (company, id) => ({
    storageUrl: `https://${company}.blob.core.windows.net/files`,
    useInstanceCredentials: false,
    secret: {
      connectionString: `DefaultEndpointsProtocol=https;AccountName=${company};AccountKey=${fakeSecret(`ak${id}`)};EndpointSuffix=core.windows.net`,
    },
  }),
  (company, id) => ({
    storageUrl: `gs://${company}-files`,
    useInstanceCredentials: false,
    secret: { serviceAccountKey: serviceAccount(company, id) },
  }),
];

/** Cloud connection `index` (0-based) as JSON text. */
export function connectionWriter({ casing, secrets, timestamp }) {
  return (index) => {
    const id = index + 1;
    const company = COMPANY[index % COMPANY.length];
    const { secret, ...store } = STORES[index % STORES.length](company, id);
    const connection = {
      id,
      name: `${company}-${id}`,
      notes: index % 3 === 0 ? null : `storage of ${company}`,
      ...store,
      ...(secrets === 'echoed' ? secret : {}),
      version: index % 4,
    };
    const modified = respell({ modifiedDate: JSON.parse(timestamp(UPDATED + index * 1000)) }, casing);
    return JSON.stringify({ ...respell(connection, casing), ...modified });
  };
}

/** The diagnostics object. Its real shape is not published: an object with nested objects and one list. */
export function diagnostics({ casing, timestamp, api }) {
  return JSON.stringify(
    respell(
      {
        productVersion: api === 'v2' ? '2.0.8' : '3.7.4',
        hostName: 'sftpgw-demo',
        startedDate: JSON.parse(timestamp(UPDATED)),
        java: { version: '17.0.9', heapUsedMb: 412, heapMaxMb: 2048 },
        database: { reachable: true, migration: 61 },
        disks: [
          { mount: '/', usedPercent: 31.5 },
          { mount: '/var/log', usedPercent: 12 },
        ],
        sftp: { port: 22, activeSessions: 3 },
      },
      casing,
    ),
  );
}

/** The levels of encryption of a 2.x appliance, every value a string. */
export const encryptionLevels = () =>
  JSON.stringify({
    s3encryption: V2_ENCRYPTION.map((level, n) => ({ level, name: ['SSE-S3', 'None', 'SSE-KMS'][n] })),
  });

/** Head and tail of a backup document; users and folders are streamed between them. */
export function backupFrame({ casing, timestamp }) {
  const name = (text) => Object.keys(respell({ [text]: 0 }, casing))[0];
  const hostKeys = ['ssh-ed25519', 'ssh-rsa'].map((type) => ({ type, privateKey: fakePrivateKey('OPENSSH ', type) }));
  const algorithms = {
    ciphers: ['aes256-gcm@openssh.com'],
    kex: ['curve25519-sha256'],
    macs: ['hmac-sha2-256-etm@openssh.com'],
  };
  return {
    head: `{"version":"3.7.4","${name('createdDate')}":${timestamp(UPDATED)},"users":[`,
    between: '],"folders":[',
    tail: `],"${name('hostKeys')}":${JSON.stringify(respell(hostKeys, casing))},"algorithms":${JSON.stringify(algorithms)}}`,
  };
}
