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
  $('count-messages').textContent = total.messages;
  $('count-delivered').textContent = total.delivered;
  $('count-failed').textContent = total.failed;
}

function demo(running) {
  const button = $('demo');
  button.hidden = running === null;
  button.setAttribute('aria-pressed', String(running === false));
  button.textContent = running === false ? 'Start the receiver' : 'Stop the receiver';
}

async function load() {
  const state = await call('GET', '/ui/state');
  $('clock').textContent = time(state.now);
  $('speed').textContent = `${state.speed}×`;
  $('target').textContent = state.target || 'the built-in receiver';
  count(state.counts);
  demo(state.demo);
  network.load(state);
  callbacks.load(state);
  messages.load(state);
}

function follow() {
  const events = new EventSource('/ui/events');
  let lost = false;
  const on = (name, f) => events.addEventListener(name, (e) => f(JSON.parse(e.data)));
  on('rows', (rows) => { messages.update(rows); network.heard(rows); });
  on('device', (device) => network.update(device));
  on('callbacks', (list) => { callbacks.update(list); messages.names(list); });
  on('demo', demo);
  on('stats', (stats) => {
    $('clock').textContent = time(stats.now);
    count(stats.total);
    charts.add(stats);
  });
  events.onopen = () => {
    $('connection').textContent = lost ? 'Connected again.' : '';
    if (lost) load();
    lost = false;
  };
  events.onerror = () => {
    lost = true;
    $('connection').textContent = 'The cloud does not answer. Trying again …';
  };
}

$('demo').addEventListener('click', (e) => call('POST', '/ui/demo', {running: e.target.getAttribute('aria-pressed') === 'true'}));

await load();
follow();
