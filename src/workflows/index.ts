export { syncPredictiveAttributes } from './syncPredictiveAttributes';
