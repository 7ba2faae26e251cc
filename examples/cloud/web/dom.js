// Small helpers. Text only ever enters the page as text.

export const $ = (id) => document.getElementById(id);

// el makes an element: el('a', {href: '#x', onclick: f}, 'text', child).
export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  set(node, attributes);
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

export function svg(name, attributes = {}, ...children) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', name);
  set(node, attributes);
  node.append(...children);
  return node;
}

function set(node, attributes) {
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else if (value === true) node.setAttribute(key, '');
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(key, value);
  }
}

// time writes Unix milliseconds as the backend does: 2026-05-04 12:00:00.
export const time = (ms) => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');

// call sends JSON to the server. What it throws has the status and, from the API, the
// errors by field.
export async function call(method, path, body, headers = {}) {
  const answer = await fetch(path, {
    method,
    headers: body === undefined ? headers : {'Content-Type': 'application/json', ...headers},
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  let value = null;
  try { value = text ? JSON.parse(text) : null; } catch { /* an error page */ }
  if (!answer.ok) {
    throw Object.assign(new Error(value?.message || text || answer.statusText), {status: answer.status, errors: value?.errors ?? []});
  }
  return value;
}

// later calls f once things have been quiet for a moment.
export function later(f, ms = 250) {
  let timer;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => f(...args), ms);
  };
}

// paced calls f for many calls of its own, so seldom that drawing takes a small part of
// the time, however slow the machine is.
export function paced(f) {
  let waiting = false, next = 0;
  return () => {
    if (waiting) return;
    waiting = true;
    setTimeout(() => requestAnimationFrame(() => {
      const begin = performance.now();
      waiting = false;
      f();
      setTimeout(() => { next = performance.now() + 5 * (performance.now() - begin); }); // it is painted by then
    }), Math.max(0, next - performance.now()));
  };
}

export async function copy(button, text) {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = 'Copied';
  } catch {
    button.textContent = 'Select and copy';
  }
  setTimeout(() => { button.textContent = 'Copy'; }, 1500);
}
