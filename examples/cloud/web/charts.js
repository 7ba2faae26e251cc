// Two charts of the last two minutes.
import {$, svg} from './dom.js';

const points = 120, width = 360, height = 110;

export class Charts {
  stats = [];

  add(stats) {
    this.stats.push(stats);
    if (this.stats.length > points) this.stats.shift();
    $('rate-now').textContent = stats.messages;
    $('p50-now').textContent = stats.p50.toFixed(1);
    $('p95-now').textContent = stats.p95.toFixed(1);
    if (document.hidden) return;
    draw($('chart-rate'), this.stats, [['line1', (s) => s.messages], ['line3', (s) => s.failed]]);
    draw($('chart-latency'), this.stats, [['line1', (s) => s.p50], ['line2', (s) => s.p95]]);
  }
}

function draw(chart, stats, lines) {
  const top = Math.max(1, ...lines.flatMap(([, value]) => stats.map(value)));
  const x = (i) => 36 + (i * (width - 40)) / (points - 1);
  const y = (v) => height - 6 - (v * (height - 14)) / top;
  chart.setAttribute('viewBox', `0 0 ${width} ${height}`);
  chart.replaceChildren(
    svg('line', {class: 'axis', x1: 36, x2: width - 4, y1: y(0), y2: y(0)}),
    svg('text', {x: 32, y: y(top) + 8, 'text-anchor': 'end'}, String(top >= 10 ? Math.round(top) : Math.round(top * 10) / 10)),
    svg('text', {x: 32, y: y(0), 'text-anchor': 'end'}, '0'),
    ...lines.map(([name, value]) => svg('polyline', {
      class: name, points: stats.map((s, i) => `${x(i + points - stats.length).toFixed(1)},${y(value(s)).toFixed(1)}`).join(' '),
    })),
  );
}
