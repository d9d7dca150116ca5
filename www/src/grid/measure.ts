// How wide texts are, without putting them into the document.

let canvas: CanvasRenderingContext2D | null | undefined;
const known = new Map<string, number>();

/** Pixels of a text in the grid's letters. */
export function measure(text: string, host: HTMLElement): number {
  const width = known.get(text);
  if (width !== undefined) return width;
  canvas ??= document.createElement('canvas').getContext('2d');
  if (!canvas) return text.length * 8;
  const { fontSize, fontFamily } = getComputedStyle(host);
  canvas.font = `${Number.parseFloat(fontSize) * 0.93}px ${fontFamily}`;
  const measured = canvas.measureText(text).width;
  if (known.size > 5_000) known.clear();
  known.set(text, measured);
  return measured;
}
