// Error answers in the three styles of API 3.x and in that of API 2.x.

const json = (status, body, headers = {}) => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});
const empty = (status, headers = {}) => ({ status, headers, body: '' });

const REASON = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

/** Spring Boot's default error object. */
export const boot = (status, path, headers) =>
  json(status, { timestamp: '2025-06-01T04:30:00.000+00:00', status, error: REASON[status], path }, headers);

/** The page that nginx writes when the service behind it does not answer. */
export const nginx = (status) => ({
  status,
  headers: { 'content-type': 'text/html' },
  body: `<html>\r\n<head><title>${status} ${REASON[status]}</title></head>\r\n<body>\r\n<center><h1>${status} ${REASON[status]}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`,
});

const challenge = (error) => ({
  'www-authenticate': `Bearer realm="oauth2-resource"${error ? `, error="${error}"` : ''}`,
});

/** No token, or one that is not (or no longer) valid; legacy Spring repeats the token's text in the body. */
export function unauthorized(profile, path, token) {
  const code = token === undefined ? 'unauthorized' : 'invalid_token';
  if (profile.api === 'v2') return json(401, { message: 'Unauthorized' });
  if (profile.errors === 'empty-401') return empty(401, challenge(token && code));
  if (profile.errors === 'boot') return boot(401, path, challenge(token && code));
  const description =
    token === undefined ? 'Full authentication is required to access this resource' : `Access token expired: ${token}`;
  return json(401, { error: code, error_description: description }, challenge(code));
}

/** A refused login; `code` is OAuth's: invalid_grant (wrong password), invalid_client, unsupported_grant_type. */
export function refusedLogin(profile, path, code) {
  if (profile.auth === 'v2-header') return empty(403);
  const wrongClient = code === 'invalid_client';
  if (profile.errors === 'empty-401')
    return empty(401, wrongClient ? { 'www-authenticate': 'Basic realm="oauth2/client"' } : {});
  if (profile.errors === 'boot') return boot(401, path);
  const description =
    { invalid_grant: 'Bad credentials', invalid_client: 'Bad client credentials' }[code] ?? 'Unsupported grant type';
  return json(wrongClient ? 401 : 400, { error: code, error_description: description });
}

/** The caller is known but may not read this. */
export function accessDenied(profile, path) {
  if (profile.api === 'v2') return json(403, { message: 'Forbidden' });
  if (profile.errors === 'empty-401') return empty(403, challenge('insufficient_scope'));
  if (profile.errors === 'boot') return boot(403, path);
  return json(403, { error: 'access_denied', error_description: 'Access is denied' });
}

/** Any other status in the profile's words. */
export function failure(profile, status, path, headers) {
  return profile.api === 'v2' ? json(status, { message: REASON[status] }, headers) : boot(status, path, headers);
}
