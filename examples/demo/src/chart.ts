// The history of the processor as a line over the last minute, sharp on every display.

import type { Point } from './statesync.ts';
import { whenThemeChanges } from './theme.ts';

const SPAN_MS = 60_000;
const LEVELS = [25, 50, 75];

export interface Chart {
  show(points: readonly Point[]): void;
}

export function chartOn(canvas: HTMLCanvasElement): Chart {
  const context = canvas.getContext('2d');
  if (!context) throw new Error('this webview cannot draw on a canvas');
  let points: readonly Point[] = [];

  const draw = () => {
    const scale = window.devicePixelRatio;
    const width = canvas.clientWidth;
    const height = canvas.clientHeight;
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
    }
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);
    const style = getComputedStyle(canvas);
    drawLevels(context, width, height, style.getPropertyValue('--hairline'));
    drawLine(context, width, height, points, style.getPropertyValue('--accent'));
  };

  new ResizeObserver(draw).observe(canvas);
  whenThemeChanges(draw);
  return {
    show(newer) {
      points = newer;
      draw();
    },
  };
}

function drawLevels(context: CanvasRenderingContext2D, width: number, height: number, color: string): void {
  context.strokeStyle = color;
  context.lineWidth = 1;
  context.beginPath();
  for (const level of LEVELS) {
    // Half a pixel, so that the line covers one row of pixels instead of two.
    const y = Math.round(height * (1 - level / 100)) + 0.5;
    context.moveTo(0, y);
    context.lineTo(width, y);
  }
  context.stroke();
}

function drawLine(
  context: CanvasRenderingContext2D,
  width: number,
  height: number,
  points: readonly Point[],
  color: string,
): void {
  const newest = points.at(-1);
  if (!newest) return;
  const usable = height - 2;
  const x = (point: Point) => width * (1 - (newest.at - point.at) / SPAN_MS);
  const y = (point: Point) => 1 + usable * (1 - Math.min(100, point.cpu) / 100);

  context.beginPath();
  for (const point of points) context.lineTo(x(point), y(point));
  context.lineWidth = 1.5;
  context.lineJoin = 'round';
  context.strokeStyle = color;
  context.stroke();

  context.lineTo(width, height);
  context.lineTo(x(points[0] ?? newest), height);
  context.closePath();
  const fill = context.createLinearGradient(0, 0, 0, height);
  fill.addColorStop(0, color);
  fill.addColorStop(1, 'transparent');
  context.globalAlpha = 0.22;
  context.fillStyle = fill;
  context.fill();
  context.globalAlpha = 1;
}
