// Two charts of the last two minutes.
import {$, svg} from './dom.js';

const points = 120, height = 52, left = 24;

export class Charts {
  stats = [];

  add(stats) {
    this.stats.push(stats);
    if (this.stats.length > points) this.stats.shift();
    $('rate-now').textContent = stats.messages;
    if (stats.delivered + stats.failed > 0) {
      $('p50-now').textContent = millis(stats.p50);
      $('p95-now').textContent = millis(stats.p95);
    }
    if (document.hidden) return;
    draw($('chart-rate'), this.stats, [['line1', (s) => s.messages], ['line3', (s) => s.failed]]);
    draw($('chart-latency'), this.stats, [['line1', (s) => s.p50], ['line2', (s) => s.p95]]);
  }
}

const millis = (ms) => (ms < 10 ? `${ms.toFixed(1)} ms` : ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);

function draw(chart, stats, lines) {
  const width = chart.clientWidth;
  const top = Math.max(1, ...lines.flatMap(([, value]) => stats.map(value)));
  const x = (i) => left + (i * (width - left - 2)) / (points - 1);
  const y = (v) => height - 4 - (v * (height - 12)) / top;
  chart.setAttribute('viewBox', `0 0 ${width} ${height}`);
  chart.replaceChildren(
    svg('line', {class: 'axis', x1: left, x2: width, y1: y(0), y2: y(0)}),
    svg('line', {class: 'axis', x1: left, x2: width, y1: y(top), y2: y(top)}),
    svg('text', {x: left - 4, y: y(top) + 4, 'text-anchor': 'end'}, String(top >= 10 ? Math.round(top) : Math.round(top * 10) / 10)),
    ...lines.map(([name, value]) => svg('polyline', {
      class: name, points: stats.map((s, i) => `${x(i + points - stats.length).toFixed(1)},${y(value(s)).toFixed(1)}`).join(' '),
    })),
  );
}
