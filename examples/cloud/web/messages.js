// The list of messages, as the backend shows it.
import {$, copy, el, paced, time} from './dom.js';

const maxRows = 60, fewRows = 20; // the fewer while all of them are new all the time
const marks = {pending: '…', ok: '↑', retrying: '↻', failed: '✕'};
const words = {pending: 'pending', ok: 'delivered', retrying: 'failed, will be sent again', failed: 'given up'};
const bars = {LIMIT: 1, AVERAGE: 2, GOOD: 3, EXCELLENT: 4};
const short = {
  'DATA/UPLINK': 'uplink', 'DATA/BIDIR': 'bidir', 'SERVICE/STATUS': 'status', 'SERVICE/ACKNOWLEDGE': 'ack', 'SERVICE/REPEATER': 'repeater',
  'SERVICE/DATA_ADVANCED': 'advanced', 'SERVICE/GEOLOC': 'geoloc', ERROR: 'error', EVENT: 'event',
};

export class Messages {
  rows = new Map(); // by id
  lines = new Map(); // the table rows, by id
  callbacks = new Map(); // definitions by id
  devices = new Map(); // names by id
  fields = new Map(); // of the payload, by id of the device type
  changed = new Set(); // ids of rows to draw anew
  paused = false;
  shown = null; // the delivery in the dialog: [row id, delivery id]

  constructor() {
    $('pause').addEventListener('click', () => {
      this.paused = !this.paused;
      $('pause').setAttribute('aria-pressed', String(this.paused));
      $('pause').textContent = this.paused ? 'Go on' : 'Pause';
      if (!this.paused) this.draw();
    });
    $('filter').addEventListener('input', () => this.draw());
    $('detail-close').addEventListener('click', () => $('detail').close());
    $('detail').addEventListener('close', () => { this.shown = null; });
  }

  load(state) {
    this.names(state.callbacks);
    this.devices = new Map(state.devices.map((d) => [d.id, d.name]));
    this.fields = new Map(state.deviceTypes.map((t) => [t.id, t.payloadConfig.split(/\s+/).map((field) => field.split(':')[0])]));
    this.rows = new Map(state.rows.map((row) => [row.id, row]));
    for (const line of this.lines.values()) line.remove();
    this.lines.clear();
    this.loaded = false;
    this.draw();
    this.loaded = true; // rows that come from now on are new
  }

  names(list) {
    for (const c of list) this.callbacks.set(c.id, c);
  }

  update(rows) {
    for (const row of rows) {
      this.rows.set(row.id, row);
      this.changed.add(row.id);
    }
    if (this.rows.size > 4 * maxRows) {
      for (const id of [...this.rows.keys()].sort((a, b) => b - a).slice(3 * maxRows)) this.rows.delete(id);
    }
    if (!this.paused) this.soon();
  }

  soon = paced(() => {
    if (this.paused) return;
    this.draw(this.changed);
    this.changed.clear();
    if (this.shown) this.detail(...this.shown);
  });

  // draw brings the table up to date. changed are the rows to draw anew; all if absent.
  draw(changed) {
    const many = changed?.size > fewRows ? fewRows : maxRows;
    const filter = $('filter').value.trim().toUpperCase();
    const ids = [...this.rows.keys()].sort((a, b) => b - a)
      .filter((id) => this.rows.get(id).device.includes(filter)).slice(0, many);
    const keep = new Set(ids);
    for (const [id, line] of this.lines) {
      if (!keep.has(id)) { line.remove(); this.lines.delete(id); }
    }
    const calm = changed?.size < 10; // a flash for each row would be too much else
    let before = $('rows').firstChild;
    for (const id of ids) {
      let line = this.lines.get(id);
      if (!line || !changed || changed.has(id)) line = this.line(id, line, calm);
      if (line === before) before = before.nextSibling;
      else $('rows').insertBefore(line, before);
    }
    $('no-rows').hidden = ids.length > 0;
  }

  // line makes or refills the table row. Focus on one of its buttons is kept.
  line(id, line, calm) {
    const row = this.rows.get(id);
    const focused = line?.contains(document.activeElement) ? document.activeElement.dataset.delivery : null;
    if (!line) {
      line = el('tr', {'data-kind': row.kind, 'data-device': row.device, class: this.loaded && calm ? 'new' : ''});
      this.lines.set(id, line);
    }
    line.replaceChildren(
      el('td', {'data-label': 'Time'}, el('time', {datetime: new Date(row.time).toISOString(), title: time(row.time)}, time(row.time).slice(11))),
      el('td', {'data-label': 'Device', class: 'id'}, el('code', {}, row.device), el('span', {class: 'name'}, this.devices.get(row.device) ?? '')),
      el('td', {'data-label': 'Seq'}, row.seq === undefined ? '' : String(row.seq)),
      el('td', {'data-label': 'LQI'}, quality(row)),
      el('td', {'data-label': 'Data', class: 'data'}, ...data(row, this.fields.get(row.deviceTypeId))),
      el('td', {'data-label': 'Callbacks', class: 'marks'}, ...row.deliveries.map((d) => this.mark(row, d))),
    );
    if (focused) line.querySelector(`[data-delivery="${focused}"]`)?.focus();
    return line;
  }

  mark(row, d) {
    const name = short[d.service] ?? d.service;
    return el('button', {
      type: 'button', class: `mark ${d.state}`, 'data-delivery': d.id, title: `${d.service}: ${words[d.state]}`,
      'aria-label': `${name} ${words[d.state]}, device ${row.device}${row.seq === undefined ? '' : `, seq ${row.seq}`}`,
      onclick: () => { this.drawn = null; this.detail(row.id, d.id); if (!$('detail').open) $('detail').showModal(); },
    }, el('b', {}, marks[d.state]), name);
  }

  detail(rowID, id) {
    const row = this.rows.get(rowID);
    const d = row?.deliveries.find((one) => one.id === id);
    if (!d) return;
    const state = JSON.stringify(d);
    if (this.shown && this.shown[1] === id && this.drawn === state) return;
    this.shown = [rowID, id];
    this.drawn = state;
    $('detail-title').textContent = `${d.service} of ${row.device}${row.seq === undefined ? '' : `, seq ${row.seq}`}`;
    const curl = curlOf(d.request);
    $('detail-body').replaceChildren(
      el('p', {}, el('span', {class: `mark ${d.state}`}, el('b', {}, marks[d.state]), words[d.state]), d.next ? ` at ${time(d.next)}` : ''),
      el('h3', {}, 'Attempts'),
      d.attempts.length ? el('ol', {class: 'attempts'}, ...d.attempts.map(attempt)) : el('p', {class: 'hint'}, 'None yet.'),
      el('h3', {}, 'Request'),
      el('pre', {tabindex: '0', role: 'region', 'aria-label': 'Request'}, requestText(d.request)),
      ...(curl ? [
        el('div', {class: 'bar'}, el('h3', {}, 'The same by curl'), el('button', {type: 'button', onclick: (e) => copy(e.target, curl)}, 'Copy')),
        el('pre', {tabindex: '0', role: 'region', 'aria-label': 'curl command', class: 'curl'}, curl),
      ] : []),
    );
  }
}

function attempt(a) {
  const outcome = a.reason ? `${a.reason}: ${a.error}` : `status ${a.status || 'accepted'}`;
  return el('li', {},
    el('span', {class: `mark ${a.reason ? 'failed' : 'ok'}`}, el('b', {}, a.reason ? '✕' : '↑'), time(a.start).slice(11)),
    ` ${outcome}, in ${a.millis.toFixed(1)} ms${a.lines ? `, with ${a.lines} messages in one batch` : ''}`,
    a.answer ? el('pre', {tabindex: '0', role: 'region', 'aria-label': 'Answer'}, a.answer) : null);
}

function data(row, fields = []) {
  if (row.kind !== 'DATA') return [el('span', {class: `kind ${row.kind}`}, row.kind), row.info || (row.kind === 'ERROR' ? 'silent for longer than its keep-alive' : '')];
  const parts = [el('code', {}, row.data || '(empty)')];
  if (row.customData) {
    const place = ([name]) => fields.indexOf(name); // in the payload
    const values = Object.entries(row.customData).sort((a, b) => place(a) - place(b)).flatMap(([k, v], i) => [`${i ? ', ' : ''}${k} `, el('b', {}, String(v))]);
    parts.push(el('span', {class: 'decoded'}, ...values));
  }
  if (row.info) parts.push(el('span', {class: 'downlink bad'}, row.info));
  if (row.downlink) {
    const {code, data: sent, text} = row.downlink;
    parts.push(el('span', {class: `downlink ${code === 0 ? 'ok' : ''}`}, '↓ ', sent ? el('code', {}, sent) : 'no downlink', `: ${text}`));
  } else if (row.ask) parts.push(el('span', {class: 'downlink'}, '↓ listens for a downlink'));
  return parts;
}

function quality(row) {
  if (!row.lqi) return '';
  const n = bars[row.lqi.toUpperCase()] ?? 0;
  const heard = (row.receptions ?? []).map((r) => `${r.station} ${r.rssi.toFixed(0)} dBm`).join(', ');
  return el('span', {class: 'lqi', role: 'img', 'aria-label': `${row.lqi}, heard by ${row.receptions?.length ?? 0} stations`, title: heard},
    ...[1, 2, 3, 4].map((i) => el('i', {class: i <= n ? 'on' : ''})));
}

export function requestText(r) {
  if (!r.method) return '';
  const headers = Object.entries(r.headers ?? {}).map(([k, v]) => `${k}: ${v}\n`).join('');
  return `${r.method} ${r.url}\n${headers}${r.body ? `\n${r.body}` : ''}`;
}

function curlOf(r) {
  if (!/^(GET|POST|PUT)$/.test(r.method ?? '')) return '';
  const quote = (s) => `'${s.replaceAll("'", `'\\''`)}'`;
  const parts = [`curl -X ${r.method} ${quote(r.url)}`];
  for (const [k, v] of Object.entries(r.headers ?? {})) parts.push(`-H ${quote(`${k}: ${v}`)}`);
  if (r.body) parts.push(`--data-raw ${quote(r.body)}`);
  return parts.join(' \\\n  ');
}
