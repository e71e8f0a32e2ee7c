import type { Backend } from './contender.js';

/**
 * The one nginx.conf that nginx and Pinwheel run: one worker, kept-alive connections to the upstream, no access log.
 *
 * @param temporary lines of `http` for nginx alone
 */
export function nginxConf(port: number, backends: readonly Backend[], tls: boolean, temporary = ''): string {
  const servers = backends.map((backend) => `server 127.0.0.1:${backend.port};`).join(' ');
  return `daemon off; worker_processes 1; pid pid;
events { worker_connections 20000; }
http {
  access_log off; ${temporary}
  map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
  upstream websocket { ${servers} keepalive 64; }
  server {
    listen 127.0.0.1:${port}${tls ? ' ssl' : ''};
    ${tls ? 'ssl_certificate cert.pem; ssl_certificate_key key.pem;' : ''}
    location / {
      proxy_pass http://websocket;
      proxy_http_version 1.1;
      proxy_read_timeout 1h;
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
    }
  }
}
`;
}
