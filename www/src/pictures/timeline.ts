export function drawRows(_h: unknown, _d: unknown, _o: { onSnapshot(id: string): void }) { return { dispose() {} }; }
export function drawTimeline(_h: unknown, _d: unknown, _o: { onSelect(id: string): void; onCompare(id: string): void }) { return { dispose() {} }; }
