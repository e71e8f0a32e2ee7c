import type { ServerToClientEvents } from '@pinwheel/protocol';
import { type Socket, io } from 'socket.io-client';
import './style/classic.css';
import { tint, untint } from '@pinwheel/page/browser/colour.js';
import { byId, setText } from '@pinwheel/page/browser/element.js';

// The settings of the classic recipe: half a second to connect, half a second until the next attempt.
const socket: Socket<ServerToClientEvents> = io({ timeout: 500, reconnectionDelay: 500 });
const message = byId('message', HTMLElement);

socket.on('server', ({ server, port }) => {
  setText(message, `${server} ${port}`);
  document.body.dataset['server'] = server;
  tint(document.body, server);
});

socket.on('disconnect', () => {
  setText(message, 'connecting....');
  delete document.body.dataset['server'];
  untint(document.body);
});
