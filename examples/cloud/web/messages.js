// The list of messages, as the backend shows it.
import {$, copy, el, time} from './dom.js';

const maxRows = 100;
const marks = {pending: '…', ok: '↑', retrying: '↻', failed: '✕'};
const words = {pending: 'pending', ok: 'delivered', retrying: 'to be sent again', failed: 'given up'};
const bars = {LIMIT: 1, AVERAGE: 2, GOOD: 3, EXCELLENT: 4};

export class Messages {
  rows = new Map(); // by id
  lines = new Map(); // the table rows, by id
  callbacks = new Map(); // names by id
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
    this.rows = new Map(state.rows.map((row) => [row.id, row]));
    this.draw();
  }

  names(list) {
    for (const c of list) this.callbacks.set(c.id, c);
  }

  update(rows) {
    for (const row of rows) this.rows.set(row.id, row);
    const ids = [...this.rows.keys()].sort((a, b) => b - a);
    for (const id of ids.slice(3 * maxRows)) this.rows.delete(id);
    if (this.paused) return;
    this.draw(new Set(rows.map((row) => row.id)));
    if (this.shown) this.detail(...this.shown);
  }

  // draw brings the table up to date. changed are the rows to draw anew; all if absent.
  draw(changed) {
    const filter = $('filter').value.trim().toUpperCase();
    const ids = [...this.rows.keys()].sort((a, b) => b - a)
      .filter((id) => this.rows.get(id).device.includes(filter)).slice(0, maxRows);
    const keep = new Set(ids);
    for (const [id, line] of this.lines) {
      if (!keep.has(id)) { line.remove(); this.lines.delete(id); }
    }
    let before = $('rows').firstChild;
    for (const id of ids) {
      let line = this.lines.get(id);
      if (!line || !changed || changed.has(id)) line = this.line(id, line);
      if (line === before) before = before.nextSibling;
      else $('rows').insertBefore(line, before);
    }
    $('no-rows').hidden = ids.length > 0;
  }

  // line makes or refills the table row. Focus on one of its buttons is kept.
  line(id, line) {
    const row = this.rows.get(id);
    const focused = line?.contains(document.activeElement) ? document.activeElement.dataset.delivery : null;
    if (!line) {
      line = el('tr', {'data-kind': row.kind});
      this.lines.set(id, line);
    }
    line.replaceChildren(
      el('td', {'data-label': 'Time'}, time(row.time)),
      el('td', {'data-label': 'Device'}, el('code', {}, row.device)),
      el('td', {'data-label': 'Seq'}, row.seq ?? '–'),
      el('td', {'data-label': 'Data'}, ...data(row)),
      el('td', {'data-label': 'LQI'}, quality(row)),
      el('td', {'data-label': 'Callbacks', class: 'marks'}, ...row.deliveries.map((d) => this.mark(row, d))),
    );
    if (focused) line.querySelector(`[data-delivery="${focused}"]`)?.focus();
    return line;
  }

  mark(row, d) {
    const label = `${d.service}: ${words[d.state]}`;
    return el('button', {
      type: 'button', class: `mark ${d.state}`, 'data-delivery': d.id, title: label, 'aria-label': `${label}, device ${row.device}`,
      onclick: () => { this.detail(row.id, d.id); if (!$('detail').open) $('detail').showModal(); },
    }, marks[d.state]);
  }

  detail(rowID, id) {
    const row = this.rows.get(rowID);
    const d = row?.deliveries.find((one) => one.id === id);
    if (!d) return;
    const state = JSON.stringify(d);
    if (this.shown && this.shown[1] === id && this.drawn === state) return;
    this.shown = [rowID, id];
    this.drawn = state;
    $('detail-title').textContent = `${d.service} of ${row.device}`;
    const curl = curlOf(d.request);
    $('detail-body').replaceChildren(
      el('p', {}, el('b', {class: `mark ${d.state}`}, marks[d.state]), ` ${words[d.state]}`, d.next ? `, at ${time(d.next)}` : ''),
      el('h3', {}, 'Request'),
      el('pre', {tabindex: '0'}, requestText(d.request)),
      ...(curl ? [
        el('div', {class: 'bar'}, el('h3', {}, 'curl'), el('button', {type: 'button', onclick: (e) => copy(e.target, curl)}, 'Copy')),
        el('pre', {tabindex: '0', class: 'curl'}, curl),
      ] : []),
      el('h3', {}, 'Attempts'),
      d.attempts.length ? el('ol', {class: 'attempts'}, ...d.attempts.map(attempt)) : el('p', {}, 'None yet.'),
    );
  }
}

function attempt(a) {
  const outcome = a.reason ? `${a.reason}: ${a.error}` : `status ${a.status || 'accepted'}`;
  return el('li', {},
    el('b', {class: `mark ${a.reason ? 'failed' : 'ok'}`}, a.reason ? '✕' : '↑'),
    ` ${outcome}, ${a.millis.toFixed(1)} ms${a.lines ? `, with ${a.lines} messages in one batch` : ''}`,
    a.answer ? el('pre', {tabindex: '0'}, a.answer) : null);
}

function data(row) {
  if (row.info) return [row.info];
  const parts = [el('code', {}, row.data || '(empty)')];
  if (row.customData) {
    parts.push(el('span', {class: 'decoded'}, Object.entries(row.customData).map(([k, v]) => `${k} ${v}`).join(', ')));
  }
  if (row.downlink) {
    const text = `↓ ${row.downlink.data || 'no data'}: ${row.downlink.text}`;
    parts.push(el('span', {class: `downlink ${row.downlink.code === 0 ? 'ok' : ''}`}, text));
  } else if (row.ask) parts.push(el('span', {class: 'downlink'}, '↓ asks for a downlink'));
  return parts;
}

function quality(row) {
  if (!row.lqi) return '–';
  const n = bars[row.lqi] ?? 0;
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
