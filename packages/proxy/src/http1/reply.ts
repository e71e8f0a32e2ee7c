/** Status texts as nginx writes them in a status line; other statuses have none. */
const REASONS: Readonly<Record<number, string>> = {
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  204: 'No Content',
  206: 'Partial Content',
  301: 'Moved Permanently',
  302: 'Moved Temporarily',
  303: 'See Other',
  304: 'Not Modified',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  401: 'Unauthorized',
  402: 'Payment Required',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Not Allowed',
  406: 'Not Acceptable',
  408: 'Request Time-out',
  409: 'Conflict',
  410: 'Gone',
  411: 'Length Required',
  412: 'Precondition Failed',
  413: 'Request Entity Too Large',
  414: 'Request-URI Too Large',
  415: 'Unsupported Media Type',
  416: 'Requested Range Not Satisfiable',
  421: 'Misdirected Request',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Temporarily Unavailable',
  504: 'Gateway Time-out',
  505: 'HTTP Version Not Supported',
  507: 'Insufficient Storage',
};

/** Headings that differ from the status line. */
const HEADINGS: Readonly<Record<number, string>> = { 302: 'Found', 401: 'Authorization Required' };

/** nginx's own statuses: the client gets 400 and a page that says why. */
const TOLD: Readonly<Record<number, string>> = {
  494: 'Request Header Or Cookie Too Large',
  495: 'The SSL certificate error',
  496: 'No required SSL certificate was sent',
  497: 'The plain HTTP request was sent to HTTPS port',
};

/** The text of a status as nginx has it, or an empty one. */
export function reasonOf(status: number): string {
  return REASONS[status] ?? '';
}

/** An answer that the balancer gives by itself. */
export interface Reply {
  readonly status: number;
  /** No field when absent or ''. */
  readonly contentType?: string | undefined;
  /** A byte string (latin1), as all texts on the wire; undefined: there is none, and no length of it is told. */
  readonly body: string | undefined;
  /** Where a redirect goes. As with nginx, a path that was made a whole URL stands before `Connection`, others after it. */
  readonly location?: { readonly url: string; readonly madeWhole: boolean };
  /** A field line after all others, ended by CRLF. */
  readonly last?: string;
  /** It is the page of a status, for which another may be configured. */
  readonly page?: boolean;
}

/** The page of a status; `told` is what is wrong with the request. Statuses that have no text have no page either. */
export function errorPage(status: number, told: string | undefined = TOLD[status]): Reply {
  const sent = status in TOLD ? 400 : status;
  const text = HEADINGS[sent] ?? reasonOf(sent);
  if (text === '' || sent < 300) return { status: sent, body: '', page: true };
  const heading = `${sent} ${text}`;
  const title = told === undefined ? heading : `${sent} ${told}`;
  const lines = [
    `<html>`,
    `<head><title>${title}</title></head>`,
    `<body>`,
    `<center><h1>${heading}</h1></center>`,
    ...(told === undefined ? [] : [`<center>${told}</center>`]),
    `<hr><center>pinwheel</center>`,
    `</body>`,
    `</html>`,
    ``,
  ];
  return { status: sent, contentType: 'text/html', body: lines.join('\r\n'), page: true };
}

/**
 * A whole reply as it goes on the wire, its fields in nginx's order. Every answer of the balancer's own comes from here.
 *
 * @param withBody false for HEAD: the same head, no body
 * @param added further field lines, each ended by CRLF
 */
export function replyText(reply: Reply, keepAlive: boolean, withBody: boolean, added = ''): string {
  const { status, contentType, body, location } = reply;
  // RFC 9110 15.3.5, 15.4.5: these have no body. As with nginx, a 304 states the length of the text it has not.
  const bare = status === 204 || status === 304;
  const described = status !== 204;
  const content = described ? contentLines(contentType, body?.length) : '';
  const [before, after] = location === undefined ? ['', ''] : locationLines(location);
  const head = answerHeadText(status, content + before, keepAlive, after + added + (reply.last ?? ''));
  return head + (withBody && !bare ? (body ?? '') : '');
}

function locationLines({ url, madeWhole }: NonNullable<Reply['location']>): readonly [before: string, after: string] {
  const line = `Location: ${url}\r\n`;
  return madeWhole ? [line, ''] : ['', line];
}

/** The lines of `Content-Type` and `Content-Length`, those that are known. */
export function contentLines(type: string | undefined, length: number | undefined): string {
  const typeLine = type === undefined || type === '' ? '' : `Content-Type: ${type}\r\n`;
  return length === undefined ? typeLine : `${typeLine}Content-Length: ${length}\r\n`;
}

/**
 * The head of an answer of the balancer's own, its fields in nginx's order.
 *
 * @param before lines of what is known of the content and of its place, each ended by CRLF
 * @param after further lines
 */
export function answerHeadText(status: number, before: string, keepAlive: boolean, after: string): string {
  return (
    `HTTP/1.1 ${status} ${reasonOf(status)}\r\n` +
    'Server: pinwheel\r\n' +
    `Date: ${new Date().toUTCString()}\r\n` +
    before +
    `Connection: ${keepAlive ? 'keep-alive' : 'close'}\r\n` +
    `${after}\r\n`
  );
}

/** RFC 9110 10.1.1: the body may come. */
export const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
