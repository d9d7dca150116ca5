import type { TableSet } from '../engine/tables.ts';
export function Access({ set }: { set: TableSet }) { return <p>{set.title}</p>; }
