/**
 * What the page may load and do, as the value of a `Content-Security-Policy` header: its own files and its own origin,
 * WebSocket included, and nothing inline. The built page carries it as a `<meta>` too.
 */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');
