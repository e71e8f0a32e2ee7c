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

/** nginx's own statuses and their reasons: the client gets 400 and a page that shows the reason. */
const BAD_REQUEST_REASONS: Readonly<Record<number, string>> = {
  494: 'Request Header Or Cookie Too Large',
  495: 'The SSL certificate error',
  496: 'No required SSL certificate was sent',
  497: 'The plain HTTP request was sent to HTTPS port',
};

/** The reason phrase of a status as nginx writes it; '' for others. */
export function reasonOf(status: number): string {
  return REASONS[status] ?? '';
}

/** A response of the balancer's own. */
export interface Reply {
  readonly status: number;
  /** undefined or '': the response has no `Content-Type`. */
  readonly contentType?: string | undefined;
  /** A byte string (latin1), like all texts on the wire; undefined: no body and no `Content-Length`. */
  readonly body: string | undefined;
  /** Target of a redirect. As in nginx, `Location` stands before `Connection` if a path was made absolute, else after it. */
  readonly location?: { readonly url: string; readonly madeWhole: boolean };
  /** A field line that follows all others, ended by CRLF. */
  readonly last?: string;
  /** The reply is the default page of a status, which `error_page` may replace. */
  readonly page?: boolean;
}

/** The default page of a status. A status without a reason phrase has an empty page. @param reason a line below the heading */
export function errorPage(status: number, reason: string | undefined = BAD_REQUEST_REASONS[status]): Reply {
  const sent = status in BAD_REQUEST_REASONS ? 400 : status;
  const text = HEADINGS[sent] ?? reasonOf(sent);
  if (text === '' || sent < 300) return { status: sent, body: '', page: true };
  const heading = `${sent} ${text}`;
  const title = reason === undefined ? heading : `${sent} ${reason}`;
  const lines = [
    `<html>`,
    `<head><title>${title}</title></head>`,
    `<body>`,
    `<center><h1>${heading}</h1></center>`,
    ...(reason === undefined ? [] : [`<center>${reason}</center>`]),
    `<hr><center>pinwheel</center>`,
    `</body>`,
    `</html>`,
    ``,
  ];
  return { status: sent, contentType: 'text/html', body: lines.join('\r\n'), page: true };
}

/**
 * A reply as a byte string for the wire, its fields in nginx's order. Every short response of the balancer's own is written
 * here.
 *
 * @param withBody false for HEAD: the same head without the body
 * @param added further field lines, each ended by CRLF
 */
export function replyText(reply: Reply, keepAlive: boolean, withBody: boolean, added = ''): string {
  const { status, contentType, body, location } = reply;
  // RFC 9110 15.3.5, 15.4.5: no body. As in nginx, a 304 states the length of the body that it leaves out.
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

/** The lines of `Content-Type` and `Content-Length`, without those that are undefined. */
export function contentLines(type: string | undefined, length: number | undefined): string {
  const typeLine = type === undefined || type === '' ? '' : `Content-Type: ${type}\r\n`;
  return length === undefined ? typeLine : `${typeLine}Content-Length: ${length}\r\n`;
}

/**
 * The head of a response of the balancer's own, its fields in nginx's order.
 *
 * @param before field lines between `Date` and `Connection`, each ended by CRLF
 * @param after field lines after `Connection`
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

/** Asks a client that sent `Expect: 100-continue` for the body (RFC 9110 10.1.1). */
export const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
