import { createHash } from 'node:crypto';
import { putRandom } from './random.js';

/** What is appended to a key before it is hashed (RFC 6455, section 1.3). */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
/** The longest head of an answer: Node's own client refuses more. */
const HEAD_MAX = 16_384;

/** What a server answered to the opening handshake. */
export type OpeningAnswer =
  /** More has to come. */
  | { readonly state: 'partial' }
  /** A WebSocket is open; its frames begin at `end`. */
  | { readonly state: 'open'; readonly end: number }
  /** Why not, in the words of `ws`. */
  | { readonly state: 'refused'; readonly message: string };

/** The opening handshake of one WebSocket, client's side (RFC 6455, section 4.1). It offers no extension. */
export class Opening {
  /** The request, to be sent as it is. */
  readonly request: string;
  readonly #key: string;
  #held = '';

  /**
   * @param host what the `Host` field says
   * @param target path and query
   */
  constructor(host: string, target: string) {
    const key = Buffer.allocUnsafe(16);
    putRandom(key, 0, key.length);
    this.#key = key.toString('base64');
    this.request = `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${this.#key}\r\n\r\n`;
  }

  /** Reads the answer in `bytes` up to `length`, after what earlier calls got. */
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
    // What was held had no end in it.
    return { state: 'open', end: end + 4 - before };
  }
}

function refused(message: string): OpeningAnswer {
  return { state: 'refused', message };
}

/** The value of a field of a head; undefined when it is not there. */
function field(head: string, name: string): string | undefined {
  return new RegExp(`\\r\\n${name}:[ \\t]*([^\\r\\n]*?)[ \\t]*(?=\\r\\n|$)`, 'i').exec(head)?.[1];
}
