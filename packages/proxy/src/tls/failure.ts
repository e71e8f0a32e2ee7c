/**
 * Why a handshake came to nothing, as nginx writes it (level `info`).
 *
 * @param cause `silent`: closed before a byte came; `ended`: closed within the handshake; `refused`: by name
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
  // Node's word for an end of the stream; the system's error for a reset has a number.
  if (code === 'ECONNRESET') {
    const reset = (cause as NodeJS.ErrnoException).errno !== undefined;
    return reason('ended') + (reset ? ' (104: Connection reset by peer)' : '');
  }
  return `SSL_do_handshake() failed (SSL: ${opensslText(cause.message)})`;
}

/**
 * An error of OpenSSL as nginx writes it: `error:NUMBER:library::reason`, and its data where it has any. Node has the
 * thread before it and the place in OpenSSL's sources within it.
 */
export function opensslText(message: string): string {
  return message
    .trim()
    .replace(/^[0-9A-F]+:(?=error:)/, '')
    .replace(/^(error:[0-9A-F]+:[^:]*):[^:]*:([^:]*):[^:]*:\d+:?/, '$1::$2:')
    .replace(/:$/, '');
}
