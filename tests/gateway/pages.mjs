// HTML where a client hoped for JSON.

const HTML = { 'content-type': 'text/html;charset=UTF-8' };

/** What the web UI answers for paths that it does not know. */
export const WEB_UI = {
  status: 200,
  headers: HTML,
  body: '<!doctype html><html><head><title>SFTP Gateway</title></head><body><div id="root"></div></body></html>\n',
};

/** Where `redirect-login` leads. */
export const LOGIN_PAGE = {
  status: 200,
  headers: HTML,
  body: '<!doctype html><html><head><title>Sign in</title></head><body><form method="post"><input name="user"></form></body></html>\n',
};
