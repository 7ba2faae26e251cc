// The page of the cloud: loads the state, then follows the events.
import {$, call, time} from './dom.js';
import {Messages} from './messages.js';
import {Network} from './network.js';
import {Callbacks} from './callbacks.js';
import {Charts} from './charts.js';

const messages = new Messages();
const network = new Network();
const callbacks = new Callbacks();
const charts = new Charts();

function count(total) {
  const write = (id, n) => { $(id).textContent = n.toLocaleString('en'); };
  write('count-messages', total.messages);
  write('count-delivered', total.delivered);
  write('count-retries', total.retries);
  write('count-failed', total.failed);
}

function clock(now) {
  $('clock').textContent = time(now);
  $('clock').dateTime = new Date(now).toISOString();
}

let running = null; // null if callbacks go to a receiver of the user's own

function demo(state) {
  running = state;
  $('demo').hidden = running === null;
  $('demo').textContent = running === false ? 'Start the receiver' : 'Stop the receiver';
  if (running !== null) $('target').textContent = running ? 'the built-in receiver' : 'the built-in receiver, which is stopped';
  $('target').classList.toggle('stopped', running === false);
}

const wait = (waiting) => { $('waiting').hidden = !waiting; };

async function load() {
  const state = await call('GET', '/ui/state');
  clock(state.now);
  $('speed').textContent = `${state.speed}×`;
  $('target').textContent = state.target;
  count(state.counts);
  demo(state.demo);
  wait(state.waiting);
  network.load(state);
  callbacks.load(state);
  messages.load(state);
  network.heard(state.rows);
}

// What to do with events. Those that come while the state is loaded wait for it.
const handlers = {
  rows(rows) { messages.update(rows); network.heard(rows); },
  device(device) { network.update(device); },
  callbacks(list) { callbacks.update(list); messages.names(list); },
  demo,
  waiting: wait,
  stats(stats) { clock(stats.now); count(stats.total); charts.add(stats); },
};

function follow() {
  const events = new EventSource('/ui/events');
  let queue = [];
  for (const [name, handle] of Object.entries(handlers)) {
    events.addEventListener(name, (e) => {
      const value = JSON.parse(e.data);
      if (queue) queue.push(() => handle(value));
      else handle(value);
    });
  }
  events.onopen = async () => {
    queue = [];
    try {
      await load();
    } catch {
      return; // the connection is gone again, and will tell so
    }
    for (const handle of queue) handle();
    queue = null;
    $('connection').textContent = '';
  };
  events.onerror = () => { $('connection').textContent = 'The cloud does not answer. Trying again …'; };
}

$('demo').addEventListener('click', () => call('POST', '/ui/demo', {running: !running}));
follow();
