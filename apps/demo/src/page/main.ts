import './style/page.css';
import { runAnswers } from './answers.js';
import { runBeside } from './beside.js';
import { feedCluster } from './cluster-feed.js';
import { runEscape } from './escape.js';
import { runCrowd } from './crowd.js';
import { runEcho } from './echo.js';
import { showFace } from './face.js';
import { openLink } from './link.js';
import { runMap } from './map.js';
import { Missed } from './missed.js';
import { runNodeList } from './node-list.js';
import { runOperatorLink } from './operator-link.js';
import { readQuery } from './query.js';
import { runRoom } from './room-panel.js';
import { runTimeline } from './timeline.js';

const query = readQuery(location.search);
const link = openLink(query.transport);
showFace(link, query.transport);
runEcho(link);
runAnswers(link);
const feed = feedCluster(link);
const missed = new Missed(link);
runMap(link, feed);
runNodeList(link, feed, runTimeline(link, missed));
runOperatorLink(feed);
let room: string | undefined;
const beside = runBeside(
  link,
  () => room,
  () => panel.refresh(),
);
runCrowd(link);
runEscape();
const panel = runRoom(link, query.room, feed, missed, (now) => {
  room = now;
  missed.enter(now);
  beside.enter();
});
