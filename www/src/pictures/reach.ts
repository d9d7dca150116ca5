export function drawReach(_h: unknown, _d: unknown, _o: { onUser(value: string): void }) { return { dispose() {} }; }
