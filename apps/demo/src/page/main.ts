import './style/page.css';
import { runAnswers } from './answers.js';
import { runEcho } from './echo.js';
import { showFace } from './face.js';
import { openLink } from './link.js';
import { readQuery } from './query.js';
import { runRoom } from './room-panel.js';

const query = readQuery(location.search);
const link = openLink(query.transport);
showFace(link, query.transport);
runEcho(link);
runAnswers(link);
runRoom(link, query.room);
