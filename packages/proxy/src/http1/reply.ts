import { STATUS_CODES } from 'node:http';

/** Status texts that are not in the registry. */
const own: Readonly<Record<number, string>> = { 499: 'Client Closed Request' };

/** The registered reason phrase of a status, or an empty text. */
export function reasonOf(status: number): string {
  return STATUS_CODES[status] ?? own[status] ?? '';
}

/** An answer that the balancer gives by itself. */
export interface Reply {
  readonly status: number;
  readonly contentType: string;
  /** A byte string (latin1), as all texts on the wire; undefined: none, and no length of it is told. */
  readonly body: string | undefined;
  /** Further field lines, each ended by CRLF. */
  readonly fields?: string;
}

/** The page for an error status; `told` is a line below it. */
export function errorPage(status: number, told?: string): Reply {
  const heading = `${status} ${reasonOf(status)}`;
  const title = told === undefined ? heading : `${status} ${told}`;
  const line = told === undefined ? '' : `<p>${told}</p>\n`;
  return {
    status,
    contentType: 'text/html',
    body: `<!doctype html>\n<html lang="en">\n<head><title>${title}</title></head>\n<body>\n<h1>${heading}</h1>\n${line}<hr><p>pinwheel</p>\n</body>\n</html>\n`,
  };
}

/**
 * A whole reply as it goes on the wire. Every answer of the balancer's own comes from here.
 *
 * @param withBody false for HEAD: the same head, no body
 * @param added further field lines, each ended by CRLF
 */
export function replyText(reply: Reply, keepAlive: boolean, withBody: boolean, added = ''): string {
  // RFC 9110 15.3.5, 15.4.5: these have no body. As nginx does, a 304 of a configuration states the length 0.
  const bare = reply.status === 204 || reply.status === 304;
  const { status, contentType, body, fields = '' } = reply;
  const length = body === undefined ? undefined : bare ? 0 : body.length;
  const content = status === 204 ? '' : contentLines(contentType, length);
  const text = withBody && !bare ? (body ?? '') : '';
  return answerHeadText(status, content + fields, keepAlive, added) + text;
}

/** The lines of `Content-Type` and `Content-Length`; '' and undefined have none. */
export function contentLines(type: string, length: number | undefined): string {
  return (
    (type === '' ? '' : `Content-Type: ${type}\r\n`) + (length === undefined ? '' : `Content-Length: ${length}\r\n`)
  );
}

/**
 * The head of an answer of the balancer's own, fields in nginx's order.
 *
 * @param lines what is told of the content and where it is, each line ended by CRLF
 * @param added further lines
 */
export function answerHeadText(status: number, lines: string, keepAlive: boolean, added: string): string {
  return (
    `HTTP/1.1 ${status} ${reasonOf(status)}\r\n` +
    'Server: pinwheel\r\n' +
    `Date: ${new Date().toUTCString()}\r\n` +
    lines +
    `Connection: ${keepAlive ? 'keep-alive' : 'close'}\r\n` +
    added +
    '\r\n'
  );
}

/** RFC 9110 10.1.1: the body may come. */
export const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
