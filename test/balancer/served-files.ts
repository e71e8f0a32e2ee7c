/** Bytes of the longest file. */
export const BIG = 8_000_000;

/** The served files, by their path below the prefix. */
export const FILES: Readonly<Record<string, string>> = {
  'html/ten.txt': '0123456789',
  'html/empty.html': '',
  'html/dir/index.html': '<p>index',
  'html/a b/index.html': 'blank',
  'html/q"<x>/index.html': 'marks',
  'html/UPPER.HTML': 'upper',
  'html/.html': 'hidden',
  'html/a.b/plain': 'plain',
  'html/gr\u00fc\u00df.txt': 'utf8',
  'html/page.html': 'page',
  'html/types/a.xyz': 'own type',
  'html/types/a.html': 'no type',
  'html/untyped/a': 'none',
  'html/first/one.html': 'one',
  'html/first/two.html': 'two',
  'html/isdir/index.html/x': 'x',
  'html/noindex/x': 'x',
  'html/ranges/two.txt': '0123456789',
  'html/ranges/none/a.txt': '0123456789',
  'html/since/before/a.txt': '0123456789',
  'html/since/off/a.txt': '0123456789',
  'html/untagged/a.txt': '0123456789',
  'html/secret.txt': 'x',
  'html/secret/index.html': 'x',
  'html/big.bin': 'b'.repeat(BIG),
  'other/var/file.txt': 'by variable',
};

/** The configuration that serves them. */
export function conf(port: number): string {
  return `
    ${process.getuid?.() === 0 ? 'user nobody nogroup;' : ''}
    error_log logs/error.log error;
    events { }
    http {
      log_format short '"$request" $status $sent_http_content_type $request_filename';
      access_log access.log short;
      send_timeout 10s;
      server {
        listen 127.0.0.1:${port};
        server_name name.test;
        add_header X-Usual $uri;
        add_header X-Always yes always;

        location /types/ { types { own/type xyz; } default_type own/default; }
        location /untyped/ { default_type ""; }
        location /ranges/ { max_ranges 2; location /ranges/none/ { max_ranges 0; } }
        location /since/ { if_modified_since before; location /since/off/ { if_modified_since off; } }
        location /untagged/ { etag off; }
        location /alias/ { alias PREFIX/html/; location ~ /inner/ { index ten.txt; } location /alias/deep/ { } }
        location = /alias-one { alias PREFIX/html/ten.txt; }
        location /cut { alias PREFIX/html/d; }
        location ~ ^/by/(.*)$ { alias PREFIX/html/$1; }
        location /alias/names/ { alias PREFIX/html/dir/; add_header X-Name "$document_root $request_filename" always; }
        location /relative/ { alias html/; }
        location /first/ { index no.html $arg_a.html two.html one.html; }
        location /absolute/ { index /dir/index.html; }
        location /elsewhere/ { root other; index /text; }
        location /loop/ { index /loop/; } location = /text { return 200 "no file $args"; }
        location /stub { stub_status; }
        location = /counts { return 200 "$connections_active $connections_reading $connections_writing $connections_waiting"; }
        location /error/ { error_page 404 405 /page.html; } location /equal/ { error_page 404 = /page.html; }
        location /badpage/ { error_page 404 /missing.html; }
        location /var/ { root $arg_r/; } location /names/ { root html/; return 200 "$document_root $request_filename"; }
      }
    }
  `;
}
