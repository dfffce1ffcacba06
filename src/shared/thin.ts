/** A curve in the order of its steps. */
export interface Curve { steps: number[], values: number[] }

/**
 * At most about four points for each of `buckets` equal stretches of the step axis: the first, the lowest, the highest and the
 * last of each, in their order. So no extreme is lost, whatever the eye or an axis makes of what is left.
 *
 * @returns the curve itself where it already is that short
 */
export function thinCurve(curve: Curve, buckets: number): Curve {
  const { steps, values } = curve
  if (steps.length <= buckets * 4 || buckets < 1)
    return curve
  const first = steps[0]!
  const width = (steps.at(-1)! - first) / buckets
  const thinned: Curve = { steps: [], values: [] }
  let from = 0
  while (from < steps.length) {
    const bucket = bucketOf(steps[from]!, first, width, buckets)
    let to = from + 1
    let low = from
    let high = from
    while (to < steps.length && bucketOf(steps[to]!, first, width, buckets) === bucket) {
      if (values[to]! < values[low]!)
        low = to
      if (values[to]! > values[high]!)
        high = to
      to++
    }
    const kept = [from, Math.min(low, high), Math.max(low, high), to - 1]
    kept.forEach((index, place) => {
      if (place === 0 || index !== kept[place - 1]) {
        thinned.steps.push(steps[index]!)
        thinned.values.push(values[index]!)
      }
    })
    from = to
  }
  return thinned
}

function bucketOf(step: number, first: number, width: number, buckets: number): number {
  return width > 0
    ? Math.min(buckets - 1, Math.floor((step - first) / width))
    : 0
}
