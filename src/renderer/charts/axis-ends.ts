/** What no figure of a metric goes below or above. */
const limits: Record<string, [number, number]> = { 'accuracy': [0, 100], 'error-rate': [0, 100], 'mae': [0, Infinity], 'nrmse': [0, Infinity], 'time': [0, Infinity], 'cka': [0, 1] }

/** Ends of an axis that shows these values, with a little room (a share of their range), but none for figures that cannot be. */
export function endsOf(values: readonly number[], metric: string, share = 0.06): [number, number] {
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const room = (high - low || Math.abs(high) || 1) * share
  const [least, most] = limits[metric] ?? [-Infinity, Infinity]
  return [Math.max(low - room, Math.min(low, least)), Math.min(high + room, Math.max(high, most))]
}
