import { caddy } from './caddy.js';
import type { Contender } from './contender.js';
import { direct, directToNode } from './direct.js';
import { pinwheelHandOff } from './hand-off.js';
import { haproxy } from './haproxy.js';
import { httpProxy3 } from './http-proxy-3.js';
import { nginx, nginxTls } from './nginx.js';
import { pinwheelTls, pinwheelTunnel } from './pinwheel.js';
import { sticky } from './sticky.js';

/** All contenders, in the order of the tables. */
export const CONTENDERS: readonly Contender[] = [
  direct,
  directToNode,
  pinwheelHandOff,
  pinwheelTunnel,
  nginx,
  haproxy,
  caddy,
  httpProxy3,
  sticky,
  pinwheelTls,
  nginxTls,
];
