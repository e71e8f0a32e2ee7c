import { createHash } from 'node:crypto';
import { putRandom } from './random.js';

/** The text that is appended to a key before it is hashed (RFC 6455, section 1.3). */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
/** The most bytes of a response head, as in Node's own client. */
const HEAD_MAX = 16_384;

/** The server's answer to the opening handshake. */
export type OpeningAnswer =
  /** The answer is not complete. */
  | { readonly state: 'partial' }
  /** The WebSocket is open; its frames begin at `end`. */
  | { readonly state: 'open'; readonly end: number }
  /** Why the server refused, in the words of `ws`. */
  | { readonly state: 'refused'; readonly message: string };

/** The client's side of the opening handshake (RFC 6455, section 4.1). It offers no extension. */
export class Opening {
  /** The text of the request. */
  readonly request: string;
  readonly #key: string;
  #held = '';

  /**
   * @param host the value of the `Host` field
   * @param target path and query
   */
  constructor(host: string, target: string) {
    const key = Buffer.allocUnsafe(16);
    putRandom(key, 0, key.length);
    this.#key = key.toString('base64');
    this.request = `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${this.#key}\r\n\r\n`;
  }

  /** Reads the next part of the answer, `bytes` up to `length`. */
  read(bytes: Buffer, length: number): OpeningAnswer {
    const before = this.#held.length;
    const text = this.#held + bytes.toString('latin1', 0, length);
    if (!'HTTP/1.'.startsWith(text.slice(0, 7))) return refused('Parse Error: Expected HTTP/, RTSP/ or ICE/');
    const end = text.indexOf('\r\n\r\n');
    if (end === -1 ? text.length > HEAD_MAX : end > HEAD_MAX) return refused('Parse Error: Header overflow');
    if (end === -1) {
      this.#held = text;
      return { state: 'partial' };
    }
    const head = text.slice(0, end);
    const status = /^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1];
    if (status === undefined) return refused('Parse Error: Invalid status code');
    if (status !== '101') return refused(`Unexpected server response: ${status}`);
    const upgrade = field(head, 'upgrade');
    if (upgrade === undefined) return refused(`Unexpected server response: ${status}`);
    if (upgrade.toLowerCase() !== 'websocket') return refused('Invalid Upgrade header');
    const accept = createHash('sha1')
      .update(this.#key + GUID)
      .digest('base64');
    if (field(head, 'sec-websocket-accept') !== accept) return refused('Invalid Sec-WebSocket-Accept header');
    if (field(head, 'sec-websocket-extensions') !== undefined) return refused('Server sent an extension');
    // The earlier parts did not contain the end of the head.
    return { state: 'open', end: end + 4 - before };
  }
}

function refused(message: string): OpeningAnswer {
  return { state: 'refused', message };
}

/** The value of a header field; undefined when it is absent. */
function field(head: string, name: string): string | undefined {
  return new RegExp(`\\r\\n${name}:[ \\t]*([^\\r\\n]*?)[ \\t]*(?=\\r\\n|$)`, 'i').exec(head)?.[1];
}
