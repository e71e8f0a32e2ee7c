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
  readonly body: string;
  /** Further field lines, each ended by CRLF. */
  readonly fields?: string;
}

/** The page for an error status. */
export function errorPage(status: number): Reply {
  const title = `${status} ${reasonOf(status)}`;
  return {
    status,
    contentType: 'text/html',
    body: `<!doctype html>\n<html lang="en">\n<head><title>${title}</title></head>\n<body>\n<h1>${title}</h1>\n<hr><p>pinwheel</p>\n</body>\n</html>\n`,
  };
}

/**
 * A whole reply as it goes on the wire. Every answer of the balancer's own comes from here.
 *
 * @param withBody false for HEAD: the same head, no body
 */
export function replyText(reply: Reply, keepAlive: boolean, withBody: boolean): string {
  const body = Buffer.from(reply.body).toString('latin1');
  return (
    `HTTP/1.1 ${reply.status} ${reasonOf(reply.status)}\r\n` +
    `Date: ${new Date().toUTCString()}\r\n` +
    `Content-Type: ${reply.contentType}\r\n` +
    `Content-Length: ${body.length}\r\n` +
    (reply.fields ?? '') +
    `Connection: ${keepAlive ? 'keep-alive' : 'close'}\r\n\r\n` +
    (withBody ? body : '')
  );
}

/** RFC 9110 10.1.1: the body may come. */
export const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
