export { Access } from './access_pending.tsx';
