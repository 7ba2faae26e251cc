// The callbacks of a device type: listed, made, changed, exported and imported by the
// API v2, with a preview of what is sent.
import {$, call, copy, el, later} from './dom.js';
import {requestText} from './messages.js';

// The fields of the form by their names in the API, and the channels that have them.
const fields = [
  {name: 'service', label: 'Service', type: 'select', errors: ['callbackType', 'callbackSubtype']},
  {name: 'channel', label: 'Channel', type: 'select', options: ['URL', 'BATCH_URL', 'EMAIL']},
  {name: 'httpMethod', label: 'Method', type: 'select', options: ['POST', 'PUT', 'GET'], on: ['URL', 'BATCH_URL']},
  {name: 'url', label: 'URL', on: ['URL', 'BATCH_URL']},
  {name: 'headers', label: 'Headers, one “Name: value” a line', type: 'textarea', on: ['URL']},
  {name: 'contentType', label: 'Content type', type: 'select', options: ['application/json', 'application/x-www-form-urlencoded', 'text/plain'], on: ['URL']},
  {name: 'bodyTemplate', label: 'Body', type: 'textarea', on: ['URL']},
  {name: 'linePattern', label: 'Line pattern', on: ['BATCH_URL']},
  {name: 'recipient', label: 'Recipient', on: ['EMAIL']},
  {name: 'subject', label: 'Subject', on: ['EMAIL']},
  {name: 'message', label: 'Message', type: 'textarea', on: ['EMAIL']},
  {name: 'payloadConfig', label: 'Custom payload configuration', hint: 'such as temp::int:16 hum::uint:8'},
  {name: 'sendSni', label: 'Send SNI', type: 'checkbox', on: ['URL']},
  {name: 'enabled', label: 'Enabled', type: 'checkbox'},
];

const services = {
  'DATA/UPLINK': [0, 2], 'DATA/BIDIR': [0, 3], 'SERVICE/STATUS': [1, 0], 'SERVICE/ACKNOWLEDGE': [1, 4],
  'SERVICE/REPEATER': [1, 5], 'SERVICE/DATA_ADVANCED': [1, 6], 'ERROR': [2, null],
};

const group = ''; // stands for the callbacks of the group, which the API cannot change

export class Callbacks {
  list = [];
  editing = null; // the id of the callback in the form

  constructor() {
    this.fill();
    const preview = later(() => this.preview());
    $('callback-form').addEventListener('input', preview);
    $('callback-form').addEventListener('submit', (e) => { e.preventDefault(); this.save(); });
    $('cancel-callback').addEventListener('click', () => this.close());
    $('new-callback').addEventListener('click', () => this.edit(this.fresh()));
    $('device-type').addEventListener('change', () => { this.close(); this.draw(); });
    $('export').addEventListener('click', () => this.export());
    $('import').addEventListener('change', (e) => this.import(e.target));
    for (const button of document.querySelectorAll('.copy')) {
      button.addEventListener('click', () => copy(button, $(button.dataset.copy).textContent));
    }
  }

  load(state) {
    this.state = state;
    this.auth = {Authorization: `Basic ${btoa(`${state.api.login}:${state.api.password}`)}`};
    const chosen = $('device-type').value;
    $('device-type').replaceChildren(
      ...state.deviceTypes.map((t) => el('option', {value: t.id}, t.name)), el('option', {value: group}, 'the group (events)'));
    if (state.deviceTypes.some((t) => t.id === chosen)) $('device-type').value = chosen;
    this.update(state.callbacks);
  }

  update(list) {
    this.list = list;
    this.draw();
  }

  path(rest = '') { return `/api/v2/device-types/${$('device-type').value}/callbacks${rest}`; }

  fresh() {
    return {
      channel: 'URL', callbackType: 0, callbackSubtype: 2, httpMethod: 'POST', contentType: 'application/json', enabled: true, sendSni: true,
      url: this.state.example.url, headers: this.state.example.headers ?? {},
      bodyTemplate: '{\n  "device": "{device}",\n  "time": {time},\n  "data": "{data}",\n  "seqNumber": {seqNumber}\n}',
    };
  }

  draw() {
    const owner = $('device-type').value;
    const mine = this.list.filter((c) => c.deviceTypeId === owner);
    for (const id of ['new-callback', 'export', 'import']) $(id).disabled = owner === group;
    $('callback-list').replaceChildren(...mine.map((c) => this.item(c, owner === group)));
    if (!mine.length) {
      $('callback-list').append(el('li', {class: 'empty'}, 'No callbacks yet: nobody is told of what these devices send.'));
    }
  }

  item(c, fixed) {
    const button = (text, label, onclick) => el('button', {type: 'button', 'aria-label': label, onclick}, text);
    return el('li', {class: c.enabled ? '' : 'off', 'data-callback': c.id},
      el('span', {class: 'what'}, el('b', {}, c.service), el('span', {class: 'channel'}, c.channel, c.downlinkHook ? ', carries downlinks' : '')),
      el('code', {class: 'url'}, c.channel === 'EMAIL' ? c.recipient : `${c.httpMethod} ${withoutUser(c.url ?? '')}`),
      health(c),
      fixed ? el('span', {class: 'hint'}, 'fixed') : el('span', {class: 'buttons'},
        c.service === 'DATA/BIDIR' && !c.downlinkHook
          ? button('Use for downlinks', `Use ${c.service} for downlinks`, () => this.act('PUT', `/${c.id}/downlink`, {})) : null,
        button('Edit', `Edit ${c.service}`, () => this.edit(c)),
        button(c.enabled ? 'Disable' : 'Enable', `${c.enabled ? 'Disable' : 'Enable'} ${c.service}`,
          () => this.act('PUT', `/${c.id}/enable?enabled=${!c.enabled}`)),
        button('Delete', `Delete ${c.service}`, () => this.act('DELETE', `/${c.id}`))));
  }

  async act(method, rest, body) {
    try {
      const value = await call(method, this.path(rest), body, this.auth);
      $('callbacks-result').textContent = 'Done.';
      return value ?? true;
    } catch (e) {
      $('callbacks-result').textContent = e.message;
      this.problems(e.errors ?? []);
      return null;
    }
  }

  // fill makes the fields of the form.
  fill() {
    for (const f of fields) {
      const id = `field-${f.name}`;
      const about = {id, name: f.name, 'aria-describedby': `${id}-error`, spellcheck: 'false', autocomplete: 'off'};
      let input;
      if (f.type === 'select') {
        input = el('select', about, ...(f.options ?? Object.keys(services)).map((o) => el('option', {}, o)));
      } else if (f.type === 'textarea') input = el('textarea', {...about, rows: f.name === 'headers' ? 2 : 6});
      else input = el('input', {...about, type: f.type ?? 'text', placeholder: f.hint});
      const label = el('label', {for: id}, f.label);
      const error = el('p', {class: 'error', id: `${id}-error`});
      $('callback-fields').append(el('div', {class: f.type === 'checkbox' ? 'field check' : 'field', id: `${id}-box`},
        ...(f.type === 'checkbox' ? [input, label] : [label, input]), error));
    }
  }

  edit(c) {
    this.editing = c.id ?? null;
    $('callback-form-title').textContent = c.id ? `Callback ${c.id}` : 'New callback';
    const service = Object.keys(services).find((s) => services[s][0] === c.callbackType && (services[s][1] === null || services[s][1] === c.callbackSubtype));
    for (const f of fields) {
      const input = $(`field-${f.name}`);
      const value = f.name === 'service' ? service : c[f.name];
      if (f.type === 'checkbox') input.checked = Boolean(value);
      else if (f.name === 'headers') input.value = Object.entries(value ?? {}).map(([k, v]) => `${k}: ${v}`).join('\n');
      else if (f.type === 'select') input.value = value ?? input.options[0].value;
      else input.value = value ?? '';
    }
    $('callback-form').hidden = false;
    this.problems([]);
    this.preview();
    $('field-service').focus();
  }

  close() {
    $('callback-form').hidden = true;
    this.editing = null;
  }

  // definition returns what the form holds as the callbacks resource.
  definition() {
    const d = {};
    const channel = $('field-channel').value;
    for (const f of fields) {
      const input = $(`field-${f.name}`);
      if (f.on && !f.on.includes(channel)) continue;
      if (f.type === 'checkbox') d[f.name] = input.checked;
      else if (f.name === 'service') {
        [d.callbackType, d.callbackSubtype] = services[input.value];
        if (d.callbackSubtype === null) delete d.callbackSubtype;
      } else if (f.name === 'headers') {
        const lines = input.value.split('\n').map((l) => l.trim()).filter(Boolean);
        if (lines.length) d.headers = Object.fromEntries(lines.map((l) => [l.split(':')[0].trim(), l.slice(l.indexOf(':') + 1).trim()]));
      } else if (input.value !== '') d[f.name] = input.value;
    }
    if (d.httpMethod === 'GET') { delete d.contentType; delete d.bodyTemplate; }
    return d;
  }

  async preview() {
    if ($('callback-form').hidden) return;
    const channel = $('field-channel').value;
    for (const f of fields) $(`field-${f.name}-box`).hidden = Boolean(f.on) && !f.on.includes(channel);
    const order = (this.order = (this.order ?? 0) + 1);
    try {
      const p = await call('POST', '/ui/preview', {deviceTypeId: $('device-type').value, definition: this.definition()});
      if (order !== this.order) return; // a later one is under way
      this.problems(p.errors ?? []);
      $('preview-request').textContent = p.request ? requestText(p.request) : '–';
      $('preview-curl').textContent = p.curl ?? '';
      $('preview-go').textContent = p.go ?? '';
    } catch (e) {
      $('preview-request').textContent = e.message;
    }
  }

  // problems shows errors by field; what belongs to no field stands above the list.
  problems(errors) {
    const rest = [...errors];
    for (const f of fields) {
      const mine = errors.filter((e) => (f.errors ?? [f.name]).includes(e.field));
      for (const e of mine) rest.splice(rest.indexOf(e), 1);
      $(`field-${f.name}-error`).textContent = mine.map((e) => e.message).join('; ');
      $(`field-${f.name}`).toggleAttribute('aria-invalid', mine.length > 0);
      if (mine.length) $(`field-${f.name}`).setAttribute('aria-invalid', 'true');
    }
    if (rest.length) $('callbacks-result').textContent = rest.map((e) => `${e.field}: ${e.message}`).join('; ');
  }

  async save() {
    const ok = this.editing
      ? await this.act('PUT', `/${this.editing}`, this.definition())
      : await this.act('POST', '', this.definition());
    if (ok) this.close();
    else document.querySelector('#callback-form [aria-invalid="true"]')?.focus();
  }

  async export() {
    const value = await call('GET', this.path(), undefined, this.auth);
    const link = el('a', {
      href: URL.createObjectURL(new Blob([`${JSON.stringify(value, null, 2)}\n`], {type: 'application/json'})), download: 'callbacks.json',
    });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  async import(input) {
    try {
      const value = JSON.parse(await input.files[0].text());
      const list = Array.isArray(value) ? value : value.data ?? [value];
      let made = 0;
      for (const {id, dead, downlinkHook, deviceTypeId, ...definition} of list) {
        if (await this.act('POST', '', definition)) made++;
        else break;
      }
      if (made === list.length) $('callbacks-result').textContent = `${made} imported.`;
    } catch (e) {
      $('callbacks-result').textContent = `This file cannot be read: ${e.message}`;
    }
    input.value = '';
  }
}

function health(c) {
  if (!c.enabled) return el('span', {class: 'pill'}, 'disabled');
  const {state, reason, error, pending} = c.health;
  const kind = state === 'healthy' ? 'ok' : 'bad';
  return el('span', {class: `pill ${kind}`, title: error ?? ''}, `${state}${reason ? ` (${reason})` : ''}${pending ? `, ${pending} waiting` : ''}`);
}

// withoutUser leaves user and password out of a URL.
const withoutUser = (url) => url.replace(/^(\w+:\/\/)[^/@]*@/, '$1');
