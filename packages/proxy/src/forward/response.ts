import type { Turn } from '../client/turn.js';
import { ResponseCache } from './head-cache.js';
import { responseHeadText } from './heads.js';
import type { BodyFraming } from '../http1/body.js';
import { httpDate } from '../http1/date.js';
import type { ResponseHead } from '../http1/response-head.js';
import type { Location } from '../route/location.js';
import { HANDSHAKE_LENGTH, handshakeSid } from '../upstream/affinity/engine-io.js';
import type { ReadBuffer } from '../net/wire.js';

/** Relays one response of a peer to the client: with a new head, and the body in a framing that the client can read. */
export class ResponseRelay {
  readonly #turn: Turn;
  readonly #location: Location;
  /** Called with the sid of a response that opens an Engine.IO session. */
  readonly #onSid: ((sid: string) => void) | undefined;
  /** The connection may carry another request. */
  keepAlive = false;
  #framing: BodyFraming = 'none';
  /** The only piece of the current read, for a chunked response: it is written without a copy. */
  #piece: { readonly buffer: ReadBuffer; readonly start: number; readonly end: number } | undefined;
  #pieces = '';
  /** The beginning of a handshake response, until its sid is found. */
  #handshake = '';
  #learning = false;

  constructor(turn: Turn, onSid: ((sid: string) => void) | undefined) {
    this.#turn = turn;
    this.#location = turn.location;
    this.#onSid = onSid;
  }

  /**
   * Composes and sends the head.
   *
   * @param framing framing of the body that the peer sends
   * @param whole the request's body is complete, so that another request may follow
   * @param fields further field lines, each ended by CRLF
   */
  begin(head: ResponseHead, framing: BodyFraming, whole: boolean, fields: string): void {
    const turn = this.#turn;
    const { head: request, statusOverride } = turn;
    this.#learning = this.#onSid !== undefined && head.status === 200;
    const modern = request.minor === 1;
    const bodiless = request.method === 'HEAD';
    // A body of unknown length is chunked for HTTP/1.1; for HTTP/1.0 it ends with the connection.
    if (bodiless) this.#framing = 'none';
    else if (framing === 'until_close' || framing === 'chunked') this.#framing = modern ? 'chunked' : 'until_close';
    else this.#framing = framing;
    // The head states a length, but no body follows, as after a HEAD that the client did not send: the connection ends.
    const short =
      framing === 'none' && !bodiless && head.contentLength > 0 && head.status !== 204 && head.status !== 304;
    this.keepAlive = turn.mayKeepAlive && this.#framing !== 'until_close' && whole && !short;
    const stated =
      modern && bodiless && (head.chunked || framing === 'chunked' || framing === 'until_close')
        ? 'chunked'
        : this.#framing;
    turn.status = statusOverride === 0 ? head.status : statusOverride;
    turn.begin(this.#headText(head, head.chunked || framing !== 'none' ? stated : this.#framing, fields));
  }

  /** @param framing the framing that the head states */
  #headText(head: ResponseHead, framing: BodyFraming, fields: string): string {
    const location = this.#location;
    const { keepAlive } = this;
    const { getFacts, status } = this.#turn;
    const date = httpDate();
    const usual = fields === '' && status === head.status && location.options.addedFields === undefined;
    const known = usual ? ResponseCache.head(head, location, keepAlive, framing, date) : '';
    if (known !== '') return known;
    const kept = keepAlive ? location.keepAliveLine : '';
    const added = kept + location.addedTo(status, getFacts) + fields;
    const text = responseHeadText(head, status, framing, keepAlive, added, location.pass, getFacts);
    // A rewritten redirect may depend on the request.
    const isRepeatable = usual && head.get('location') === undefined && head.get('refresh') === undefined;
    if (isRepeatable) ResponseCache.keepHead(head, location, keepAlive, framing, date, text);
    return text;
  }

  /** Sends only a head; the client's connection ends after it. */
  headAlone(text: string): void {
    this.#turn.begin(text);
    this.#turn.end(false);
  }

  /** Takes bytes of the body, framing removed. They may reach the client's wire only at `readEnd`. */
  body(buffer: ReadBuffer, start: number, end: number): void {
    if (this.#learning) this.#learn(buffer, start, end);
    if (this.#framing !== 'chunked') {
      this.#turn.writeFrom(buffer, start, end);
    } else if (this.#piece === undefined && this.#pieces === '') {
      this.#piece = { buffer, start, end };
    } else {
      this.#joinPiece();
      this.#pieces += buffer.bytes.toString('latin1', start, end);
    }
  }

  #joinPiece(): void {
    if (this.#piece === undefined) return;
    const { buffer, start, end } = this.#piece;
    this.#piece = undefined;
    this.#pieces += buffer.bytes.toString('latin1', start, end);
  }

  /** Sends the bytes of one read of the peer, as one chunk where the response is chunked, as nginx does. */
  readEnd(): void {
    const turn = this.#turn;
    if (this.#piece !== undefined) {
      const { buffer, start, end } = this.#piece;
      this.#piece = undefined;
      turn.write(`${(end - start).toString(16)}\r\n`);
      turn.writeFrom(buffer, start, end);
      turn.write('\r\n');
    } else if (this.#pieces !== '') {
      turn.write(`${this.#pieces.length.toString(16)}\r\n${this.#pieces}\r\n`);
      this.#pieces = '';
    }
  }

  #learn(buffer: ReadBuffer, start: number, end: number): void {
    this.#handshake += buffer.bytes.toString('latin1', start, Math.min(end, start + HANDSHAKE_LENGTH));
    const sid = handshakeSid(this.#handshake);
    if (sid !== undefined) this.#onSid?.(sid);
    this.#learning = sid === undefined && this.#handshake.length < HANDSHAKE_LENGTH;
  }

  /** The response is truncated. @returns true when the framing shows the client that it is incomplete */
  cut(): boolean {
    if (!this.#turn.started || (this.#framing !== 'chunked' && this.#framing !== 'length')) return false;
    this.readEnd();
    return true;
  }

  /** The body is complete. */
  end(): void {
    this.readEnd();
    if (this.#framing === 'chunked') this.#turn.write('0\r\n\r\n');
    this.#turn.end(this.keepAlive);
  }
}
