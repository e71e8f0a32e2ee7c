import { AREAS, type Spec } from '@pinwheel/nginx-conf';
import { DEFAULT_CONF, DEFAULT_ERROR_LOG } from '@pinwheel/nginx-disk';
import { NGINX_VERSION, programVersion } from '../serve/version.js';

/** The output of `-v`. */
export const VERSION_TEXT = `pinwheel version: ${programVersion()} (nginx/${NGINX_VERSION} configuration)\n`;

/** Modules that nginx is built with by default, each with a directive that shows whether we serve it. */
const USUAL: Readonly<Record<string, string>> = {
  http_charset: 'charset',
  http_gzip: 'gzip',
  http_ssi: 'ssi',
  http_userid: 'userid',
  http_access: 'allow',
  http_auth_basic: 'auth_basic',
  http_mirror: 'mirror',
  http_autoindex: 'autoindex',
  http_geo: 'geo',
  http_map: 'map',
  http_split_clients: 'split_clients',
  http_referer: 'valid_referers',
  http_proxy: 'proxy_pass',
  http_fastcgi: 'fastcgi_pass',
  http_uwsgi: 'uwsgi_pass',
  http_scgi: 'scgi_pass',
  http_grpc: 'grpc_pass',
  http_tunnel: 'tunnel_pass',
  http_memcached: 'memcached_pass',
  http_limit_conn: 'limit_conn',
  http_limit_req: 'limit_req',
  http_empty_gif: 'empty_gif',
  http_browser: 'modern_browser',
  http_upstream_hash: 'hash',
  http_upstream_ip_hash: 'ip_hash',
  http_upstream_least_conn: 'least_conn',
  http_upstream_random: 'random',
  http_upstream_keepalive: 'keepalive',
  http_upstream_zone: 'zone',
  http_upstream_sticky: 'sticky',
};

/** Modules that nginx is built with on request. */
const EXTRA: Readonly<Record<string, string>> = {
  http_ssl: 'ssl_certificate',
  http_realip: 'set_real_ip_from',
  http_stub_status: 'stub_status',
};

/** The rest of the output of `-V`: modules as arguments of nginx's configure, where tools look for them. */
export function buildText(): string {
  const { node, openssl } = process.versions;
  const specs = Object.values(AREAS).flatMap((area) => Object.values<Spec>(area));
  const isServed = (name: string): boolean => specs.some((spec) => spec.name === name && spec.accepted === undefined);
  // We serve `return` and `set` of the rewrite module, which is built by default: it is not listed as missing.
  const modules = [
    ...Object.entries(EXTRA).flatMap(([module, name]) => (isServed(name) ? [`--with-${module}_module`] : [])),
    ...Object.entries(USUAL).flatMap(([module, name]) => (isServed(name) ? [] : [`--without-${module}_module`])),
    '--without-http-cache',
  ];
  return (
    `configuration as of nginx version: nginx/${NGINX_VERSION}\nrunning on Node.js ${node}\n` +
    `built with OpenSSL ${openssl}\nTLS SNI support enabled\nconfigure arguments: ${modules.join(' ')}\n`
  );
}

export const USAGE = `Usage: pinwheel-balancer [-?hvVtTq] [-s signal] [-p prefix]
                         [-e filename] [-c filename] [-g directives]

Options:
  -?,-h         : this help
  -v            : show version and exit
  -V            : show version and what it runs on, then exit
  -t            : test configuration and exit
  -T            : test configuration, dump it and exit
  -q            : suppress non-error messages during configuration testing
  -s signal     : send signal to a running process: stop, quit, reopen, reload
  -p prefix     : set prefix path (default: the current directory)
  -e filename   : set error log file (default: ${DEFAULT_ERROR_LOG})
  -c filename   : set configuration file (default: ${DEFAULT_CONF})
  -g directives : set global directives out of configuration file

Without a configuration file: see --help.
`;
