import { byId, make, setText } from '@pinwheel/page/browser/element.js';
import { formatMs } from './format.js';
import type { Link } from './link.js';
import { LogList } from './log-list.js';

interface Question {
  text: string;
  sentAt: number;
  answer: HTMLElement;
  moment: HTMLElement;
}

/** The box that sends `message`, and the list of answers. */
export function runAnswers(link: Link): void {
  const { socket } = link;
  const form = byId('message-form', HTMLFormElement);
  const input = byId('message-text', HTMLInputElement);
  const list = byId('answers', HTMLOListElement);
  const log = new LogList(list, byId('answers-scroll', HTMLElement), draw, 50);

  // A connection keeps the order, so the next answer belongs to the oldest question.
  let unanswered: Question[] = [];

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const text = input.value;
    if (text === '') {
      input.focus();
      return;
    }
    const waiting = socket.connected ? 'sent, waiting for the answer' : 'kept until there is a server';
    const question: Question = {
      text,
      sentAt: performance.now(),
      answer: make('p', 'answer pending', waiting),
      moment: make('span', 'moment'),
    };
    question.answer.dir = 'auto';
    unanswered.push(question);
    log.add(question);
    socket.emit('message', text, (answer) => {
      // The answer arrives as an event; a refused message has none.
      if (typeof answer === 'string') return;
      unanswered = unanswered.filter((other) => other !== question);
      fail(question, `The server refused it: ${answer.error.message}`);
    });
    input.value = '';
    input.focus();
  });

  socket.on('message', (text) => {
    const question = unanswered.shift();
    if (question === undefined) return;
    question.answer.classList.remove('pending');
    setText(question.answer, text);
    setText(question.moment, formatMs(performance.now() - question.sentAt));
  });

  // Socket.IO buffers later messages for the next connection; messages in flight may be lost.
  socket.on('disconnect', () => {
    for (const question of unanswered) {
      fail(question, 'The connection was lost before an answer came. Send it again.');
    }
    unanswered = [];
  });
}

function fail({ answer }: Question, why: string): void {
  answer.className = 'answer failed';
  setText(answer, why);
}

function draw(question: Question): HTMLElement {
  const item = make('li', 'exchange');
  const asked = make('p', 'asked', question.text);
  asked.dir = 'auto';
  item.append(asked, question.answer, question.moment);
  return item;
}
