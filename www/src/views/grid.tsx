// The grid as a component: made once, told what changed.
import { useEffect, useRef } from 'preact/hooks';
import type { Frame, Order } from '../frame.ts';
import { Grid } from '../grid/grid.ts';

export interface GridProps {
  readonly label: string;
  readonly frame: Frame;
  readonly order?: Order | null;
  readonly onOrder?: (order: Order | null) => void;
  readonly onOpen?: (row: number) => void;
  readonly onColumn?: (column: number) => void;
  readonly short?: boolean;
}

export function GridHost({ short, ...options }: GridProps) {
  const host = useRef<HTMLDivElement>(null);
  const grid = useRef<Grid>(undefined);
  useEffect(() => {
    grid.current = new Grid(host.current!, options);
    return () => grid.current?.dispose();
  }, []);
  useEffect(() => grid.current?.set(options));
  // A few rows take no more room than they need.
  return <div class={short ? 'gridhost short' : 'gridhost'} ref={host} style={{ '--rows': String(options.frame.rows) }} />;
}
