// Secrets that are plainly none: each holds one marker, so that a single search of an output
// (tables, logs, errors, pages) proves that nothing secret went through.

/** Every secret that this server hands out or expects contains this text. */
export const SECRET_MARKER = 'NOTAREALSECRET';

export const fakeSecret = (label) => `${label}${SECRET_MARKER}`;

/** A PEM block that looks like a private key to anything that searches for one. */
export const fakePrivateKey = (kind, label) =>
  `-----BEGIN ${kind}PRIVATE KEY-----\n${SECRET_MARKER}${label}\n-----END ${kind}PRIVATE KEY-----\n`;
