// The map of stations and devices, and what can be done with a device.
import {$, call, el, paced, svg} from './dom.js';

const width = 400, height = 290, margin = 20;

export class Network {
  devices = new Map();
  stations = new Map();
  types = new Map();

  constructor() {
    $('device').addEventListener('change', () => this.facts());
    $('device-form').addEventListener('submit', (e) => {
      e.preventDefault();
      if (!$('payload').reportValidity()) return;
      this.act('send', {data: $('payload').value || null, ask: $('ask').checked}, 'Sent.');
    });
    $('queue-downlink').addEventListener('click', () => {
      const input = $('downlink-data');
      input.setCustomValidity(/^[0-9a-f]{16}$/i.test(input.value) ? '' : '16 hex digits, please');
      if (input.reportValidity()) this.act('downlink', {data: input.value}, 'Queued.');
    });
    $('silence').addEventListener('click', () => {
      const silent = !this.current()?.silent;
      this.act('silence', {silent}, silent ? 'It keeps silent. Its keep-alive will tell.' : 'It sends again.');
    });
    $('status').addEventListener('click', () => this.act('status', {}, 'Status sent.'));
    $('skip-seq').addEventListener('click', () => this.act('skip', {n: 9}, '9 sequence numbers left out.'));
    $('reflash').addEventListener('click', () => this.act('reflash', {}, 'Its sequence number starts at 0 again.'));
  }

  load(state) {
    this.stations = new Map(state.stations.map((s) => [s.id, s]));
    this.devices = new Map(state.devices.map((d) => [d.id, d]));
    this.types = new Map(state.deviceTypes.map((t) => [t.id, t]));
    const chosen = $('device').value;
    $('device').replaceChildren(...state.devices.map((d) => el('option', {value: d.id}, `${d.id} ${d.name}`)));
    if (this.devices.has(chosen)) $('device').value = chosen;
    for (const id of ['downlink-data', 'queue-downlink']) $(id).disabled = state.demo === null;
    if (state.demo === null) $('downlink-hint').textContent = 'Your own receiver answers: queue downlinks there.';
    this.draw();
    this.facts();
  }

  current() { return this.devices.get($('device').value); }

  update(device) {
    this.devices.set(device.id, device);
    $('map').querySelector(`[data-id="${device.id}"]`)?.classList.toggle('silent', device.silent);
    if (device.id === $('device').value) this.facts();
  }

  facts() {
    const d = this.current();
    if (!d) return;
    const type = this.types.get(d.deviceTypeId);
    const fact = (name, value) => el('div', {}, el('dt', {}, name), el('dd', {}, value));
    $('device-facts').replaceChildren(
      fact('Device type', type?.name ?? '–'),
      fact('Payload', type?.payloadConfig || '–'),
      fact('Downlinks received', d.downlinks ? `${d.downlinks}, last ${d.lastDownlink}` : 'none'),
    );
    $('silence').setAttribute('aria-pressed', String(d.silent));
    $('silence').textContent = d.silent ? 'Wake' : 'Silence';
    $('pending-downlinks').replaceChildren(...(d.pending ?? []).map((p) => el('li', {}, el('code', {}, p.data), p.onOffer ? ' was answered, and waits for its acknowledgement' : ' waits for the device to ask')));
    for (const node of $('map').querySelectorAll('.device')) node.classList.toggle('chosen', node.dataset.id === d.id);
  }

  async act(what, body, done) {
    const id = $('device').value;
    try {
      await call('POST', `/ui/devices/${id}/${what}`, body);
      $('device-result').textContent = `${id}: ${done}`;
    } catch (e) {
      $('device-result').textContent = `${id}: ${e.message}`;
    }
  }

  draw() {
    const all = [...this.stations.values(), ...this.devices.values()];
    const lat = all.map((p) => p.lat), lng = all.map((p) => p.lng);
    const [south, north, west, east] = [Math.min(...lat), Math.max(...lat), Math.min(...lng), Math.max(...lng)];
    this.at = (p) => [
      margin + ((p.lng - west) / (east - west || 1)) * (width - 2 * margin),
      height - margin - ((p.lat - south) / (north - south || 1)) * (height - 2 * margin),
    ];
    const small = this.devices.size > 60;
    const devices = [...this.devices.values()].slice(0, 1000).map((d) => {
      const [x, y] = this.at(d);
      return svg('circle', {
        class: d.silent ? 'device silent' : 'device', cx: x, cy: y, r: small ? 2.5 : 5, 'data-id': d.id,
        onclick: () => { $('device').value = d.id; this.facts(); },
      }, svg('title', {}, `${d.id} ${d.name}`));
    });
    const stations = [...this.stations.values()].map((s) => {
      const [x, y] = this.at(s);
      return svg('g', {class: 'station'},
        svg('path', {d: `M${x} ${y - 8}l7 13h-14z`}), svg('text', {x: x + 9, y: y + 5}, s.id));
    });
    this.beams = svg('g', {class: 'beams'});
    $('map').replaceChildren($('map-title') ?? svg('title', {id: 'map-title'}, 'Base stations and devices'), this.beams, ...devices, ...stations);
  }

  // heard draws lines from the devices of the latest rows to the stations that heard them.
  heard(rows) {
    const latest = rows.filter((r) => r.kind === 'DATA' && r.receptions?.length).slice(0, 6);
    if (!latest.length) return;
    this.latest = latest;
    this.soon();
  }

  soon = paced(() => {
    if (document.hidden || !this.at) return;
    const lines = [];
    for (const row of this.latest) {
      const device = this.devices.get(row.device);
      if (!device) continue;
      const [x1, y1] = this.at(device);
      for (const r of row.receptions) {
        const station = this.stations.get(r.station);
        if (!station) continue;
        const [x2, y2] = this.at(station);
        lines.push(svg('line', {x1, y1, x2, y2}));
      }
      lines.push(svg('circle', {cx: x1, cy: y1, r: 9}));
    }
    this.beams.replaceChildren(...lines);
  });
}
