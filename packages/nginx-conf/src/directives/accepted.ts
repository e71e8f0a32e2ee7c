import { buffers, choices, enumeration, flag, msec, number, offset, sec, size, texts } from '../declare/arguments.js';
import { area, directive } from '../declare/directive.js';
import type { Arity, Context, Read, Spec } from '../declare/directive.js';

const MAIN: readonly Context[] = ['main'];
const EVENTS: readonly Context[] = ['events'];
const HTTP: readonly Context[] = ['http'];
const SERVER: readonly Context[] = ['http', 'server'];
const LOCATION: readonly Context[] = ['http', 'server', 'location'];

function because(why: string) {
  return (contexts: readonly Context[], args: Arity, read: Read<unknown>): Spec =>
    directive<unknown>({ in: contexts, args, read, accepted: why, inherit: 'none' });
}

const io = because('the runtime decides how bytes are moved');
const memory = because('memory is managed by the runtime');
const files = because('no files are written there');
const tables = because('tables grow on demand');
const process = because('processes and threads are managed by Pinwheel');
const lingering = because('after the last response, up to two seconds of what the client still sends is read');
const browsers = because('connections of Internet Explorer 6 are kept like all others');
const logging = because('it does not change responses');

/** Directives that change nothing here for a client or an upstream. Their values are checked; each gives one warning. */
export const accepted = area({
  accept_mutex: process(EVENTS, 'flag', flag),
  accept_mutex_delay: process(EVENTS, 1, msec),
  aio: io(LOCATION, 1, ([value = ''], site) =>
    /^(?:on|off|threads(?:=.*)?)$/s.test(value) ? value : site.reject('invalid value'),
  ),
  aio_write: io(LOCATION, 'flag', flag),
  client_body_temp_path: files(LOCATION, [1, 4], texts),
  client_body_in_single_buffer: memory(LOCATION, 'flag', flag),
  client_header_buffer_size: memory(SERVER, 1, size),
  connection_pool_size: memory(SERVER, 1, size),
  debug_connection: logging(EVENTS, 1, texts),
  debug_points: logging(MAIN, 1, enumeration('stop', 'abort')),
  directio: io(LOCATION, 1, ([value = ''], site) => (value === 'off' ? value : offset([value], site))),
  directio_alignment: io(LOCATION, 1, offset),
  env: process(MAIN, 1, texts),
  epoll_events: io(EVENTS, 1, number),
  fastcgi_temp_path: files(LOCATION, [1, 4], texts),
  keepalive_disable: browsers(LOCATION, [1, 9_999], (words, site) =>
    words.includes('safari')
      ? site.fail('"safari" in the "keepalive_disable" directive is not served by pinwheel')
      : choices('none', 'msie6')(words, site),
  ),
  lingering_close: lingering(LOCATION, 1, enumeration('off', 'on', 'always')),
  lingering_time: lingering(LOCATION, 1, msec),
  lingering_timeout: lingering(LOCATION, 1, msec),
  lock_file: process(MAIN, 1, texts),
  log_not_found: logging(LOCATION, 'flag', flag),
  log_subrequest: logging(LOCATION, 'flag', flag),
  map_hash_bucket_size: tables(HTTP, 1, number),
  map_hash_max_size: tables(HTTP, 1, number),
  multi_accept: io(EVENTS, 'flag', flag),
  open_file_cache: io(LOCATION, [1, 2], texts),
  open_file_cache_errors: io(LOCATION, 'flag', flag),
  open_file_cache_min_uses: io(LOCATION, 1, number),
  open_file_cache_valid: io(LOCATION, 1, sec),
  open_log_file_cache: logging(LOCATION, [1, 4], texts),
  output_buffers: memory(LOCATION, 2, buffers),
  pcre_jit: io(MAIN, 'flag', flag),
  postpone_output: io(LOCATION, 1, size),
  proxy_buffer_size: memory(LOCATION, 1, size),
  proxy_buffers: memory(LOCATION, 2, buffers),
  proxy_busy_buffers_size: memory(LOCATION, 1, size),
  proxy_headers_hash_bucket_size: tables(LOCATION, 1, number),
  proxy_headers_hash_max_size: tables(LOCATION, 1, number),
  proxy_max_temp_file_size: memory(LOCATION, 1, size),
  proxy_send_lowat: io(LOCATION, 1, size),
  proxy_socket_keepalive: io(LOCATION, 'flag', flag),
  proxy_temp_file_write_size: memory(LOCATION, 1, size),
  proxy_temp_path: memory(LOCATION, [1, 4], texts),
  read_ahead: io(LOCATION, 1, size),
  request_pool_size: memory(SERVER, 1, size),
  reset_timedout_connection: io(LOCATION, 'flag', flag),
  rewrite_log: logging(LOCATION, 'flag', flag),
  send_lowat: io(LOCATION, 1, size),
  scgi_temp_path: files(LOCATION, [1, 4], texts),
  sendfile: io(LOCATION, 'flag', flag),
  sendfile_max_chunk: io(LOCATION, 1, size),
  server_names_hash_bucket_size: tables(HTTP, 1, number),
  server_names_hash_max_size: tables(HTTP, 1, number),
  server_tokens: because('responses never contain a version')(LOCATION, 1, ([value = '']) => value),
  ssl_buffer_size: memory(SERVER, 1, size),
  subrequest_output_buffer_size: memory(LOCATION, 1, size),
  tcp_nodelay: io(LOCATION, 'flag', flag),
  tcp_nopush: io(LOCATION, 'flag', flag),
  thread_pool: process(MAIN, [2, 3], texts),
  timer_resolution: io(MAIN, 1, msec),
  types_hash_bucket_size: tables(LOCATION, 1, number),
  types_hash_max_size: tables(LOCATION, 1, number),
  uninitialized_variable_warn: logging(LOCATION, 'flag', flag),
  uwsgi_temp_path: files(LOCATION, [1, 4], texts),
  use: io(EVENTS, 1, ([value = ''], site) =>
    /^(?:select|poll|epoll|kqueue|devpoll|\/dev\/poll|eventport|iocp)$/.test(value)
      ? value
      : site.fail(`invalid event type "${value}"`),
  ),
  variables_hash_bucket_size: tables(HTTP, 1, number),
  variables_hash_max_size: tables(HTTP, 1, number),
  worker_aio_requests: io(EVENTS, 1, number),
  worker_cpu_affinity: process(MAIN, [1, 9_999], texts),
  worker_priority: process(MAIN, 1, texts),
  worker_rlimit_core: process(MAIN, 1, offset),
  worker_rlimit_nofile: process(MAIN, 1, number),
  working_directory: process(MAIN, 1, texts),
});
