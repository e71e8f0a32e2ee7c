/**
 * Why a handshake failed, in nginx's words (level `info`).
 *
 * @param cause `silent`: the client closed before its first byte; `ended`: it closed during the handshake; `refused`: the
 *   server rejects handshakes (nginx: `ssl_reject_handshake`)
 */
export function handshakeFailure(cause: Error | 'timeout' | 'silent' | 'ended' | 'refused'): string {
  return `${reason(cause)} while SSL handshaking`;
}

function reason(cause: Error | 'timeout' | 'silent' | 'ended' | 'refused'): string {
  if (cause === 'timeout') return 'client timed out (110: Connection timed out)';
  if (cause === 'silent') return 'client closed connection';
  if (cause === 'ended') return 'peer closed connection in SSL handshake';
  if (cause === 'refused') return 'handshake rejected';
  const { code } = cause as NodeJS.ErrnoException;
  if (code === 'ERR_TLS_HANDSHAKE_TIMEOUT') return reason('timeout');
  // Node uses this code also for the end of the stream; only the system's error has an errno.
  if (code === 'ECONNRESET') {
    const reset = (cause as NodeJS.ErrnoException).errno !== undefined;
    return reason('ended') + (reset ? ' (104: Connection reset by peer)' : '');
  }
  return `SSL_do_handshake() failed (SSL: ${opensslText(cause.message)})`;
}

/**
 * An error of OpenSSL in nginx's form, `error:NUMBER:library::reason` and its data, if any. Node's message also contains
 * the thread and the place in OpenSSL's sources, which are removed.
 */
export function opensslText(message: string): string {
  return message
    .trim()
    .replace(/^[0-9A-F]+:(?=error:)/, '')
    .replace(/^(error:[0-9A-F]+:[^:]*):[^:]*:([^:]*):[^:]*:\d+:?/, '$1::$2:')
    .replace(/:$/, '');
}
