import type { Task } from '#shared/dataset.ts'
import type { Scalar, Tensor, Tensor2D } from '#worker/engine/tf.ts'
import type { TensorData } from '#worker/stage.ts'
import { mean } from '#shared/statistics.ts'
import { softmaxCrossEntropy } from '#worker/engine/fused.ts'
import { dropout } from '#worker/engine/random.ts'
import { tf } from '#worker/engine/tf.ts'
import { dense, denseVariables, withTensors } from './dense.ts'

/** What a head answers with, and what it is trained on. */
export interface HeadTarget {
  kind: 'classification' | 'regression' | 'attributes'
  /** Classes, 1, or attributes. */
  outputs: number
  /** Regression is trained on (label - middle) / spread. */
  middle: number
  spread: number
  /** Predictions of a regression are kept inside the label's range. */
  range: [number, number]
}

/** The target of a task, a number standardised on the labels trained on. */
export function headTarget(task: Task, labels: ArrayLike<number>): HeadTarget {
  if (task.kind === 'classification') {
    return {
      kind: 'classification',
      outputs: task.classes.length,
      middle: 0,
      spread: 1,
      range: [0, task.classes.length - 1],
    }
  }
  if (task.kind === 'attributes')
    return { kind: 'attributes', outputs: task.attributes.length, middle: 0, spread: 1, range: [0, 1] }
  if (task.kind === 'verification')
    throw new TypeError('internal: verification trains no head')
  const middle = mean(labels)
  const variance = mean(Float64Array.from(labels, label => (label - middle) ** 2))
  return {
    kind: 'regression',
    outputs: 1,
    middle,
    spread: Math.sqrt(variance) || 1,
    range: task.range,
  }
}

export interface HeadShape { hidden: number[], dropout: number }

/** Weights of the MLP `head/0/weight` ...; the last layer gives logits or one number, near zero at first: all classes alike, the mean label, every attribute even. */
export function headVariables(inputs: number, { hidden }: HeadShape, outputs: number, seed: number, normal?: () => number): Record<string, TensorData> {
  return denseVariables('head', [inputs, ...hidden, outputs], seed, 1e-4, normal)
}

/** f32 [n, inputs] -> f32 [n, outputs]; with a seed (int32 [2]) hidden units (or, without any, inputs) drop out, by `drop`. */
export function runHead(x: Tensor2D, variables: Record<string, Tensor>, shape: HeadShape, seed?: Tensor, drop: typeof dropout = dropout): Tensor2D {
  const dropOut = (values: Tensor2D, stream: number): Tensor2D => seed
    ? drop(values, shape.dropout, seed, stream)
    : values
  const input = shape.hidden.length === 0
    ? dropOut(x, 0)
    : x
  return dense(input, 'head', variables, 'relu', (hidden, layer) => dropOut(hidden, layer + 1))
}

/**
 * Loss of one batch: mean cross-entropy, mean smooth L1 of the standardised label (Huber 1964, at 1 standard deviation: near
 * it the square, beyond it the absolute error that MAE reports), or mean sigmoid cross-entropy over the attributes that are known.
 *
 * @param outputs  f32 [n, outputs]
 * @param labels   i32 [n] classes, f32 [n] standardised labels, or f32 [n, outputs] attributes: 1, 0, and -1 where nobody said
 * @param target   what is answered with
 * @param target.kind
 */
export function headLoss(outputs: Tensor2D, labels: Tensor, { kind }: HeadTarget): Scalar {
  if (kind === 'classification')
    return tf.mean(softmaxCrossEntropy(outputs, labels)) as Scalar
  if (kind === 'attributes')
    return sigmoidCrossEntropy(outputs, labels as Tensor2D)
  const distance = tf.abs(tf.sub(tf.reshape(outputs, [-1]), labels))
  const near = tf.minimum(distance, 1)
  return tf.mean(tf.add(tf.mul(tf.square(near), 0.5), tf.sub(distance, near))) as Scalar
}

/** -log p of each known attribute, p = 1 / (1 + e^-logit) or 1 - p, on average; softplus(x) - x y is that, without an overflow. A batch that nobody labelled has loss 0. */
function sigmoidCrossEntropy(logits: Tensor2D, labels: Tensor2D): Scalar {
  const known = tf.cast(tf.greaterEqual(labels, 0), 'float32')
  const each = tf.sub(tf.softplus(logits), tf.mul(logits, tf.maximum(labels, 0)))
  return tf.div(tf.sum(tf.mul(each, known)), tf.maximum(tf.sum(known), 1))
}

/** Numbers that a label is made of: one, or one for each attribute. */
export function labelWidth({ kind, outputs }: Pick<HeadTarget, 'kind' | 'outputs'>): number {
  return kind === 'attributes'
    ? outputs
    : 1
}

/** Shape and type of the labels of n samples as the loss takes them. */
export function labelFeed(target: HeadTarget, n: number): { shape: number[], dtype: 'int32' | 'float32' } {
  return {
    shape: target.kind === 'attributes'
      ? [n, target.outputs]
      : [n],
    dtype: target.kind === 'classification'
      ? 'int32'
      : 'float32',
  }
}

/** Labels as the loss takes them, those of one sample side by side. */
export function targetLabels(labels: ArrayLike<number>, { kind, middle, spread }: HeadTarget): Int32Array | Float32Array {
  return kind === 'classification'
    ? Int32Array.from(labels)
    : Float32Array.from(labels, label => (label - middle) / spread)
}

/** Labels as a linear model of them takes them, f32 [n, outputs]: classes one-hot, numbers standardised, attributes 1, -1, and 0 where nobody said. */
export function ridgeTargets(labels: ArrayLike<number>, target: HeadTarget): Float32Array {
  if (target.kind === 'regression')
    return Float32Array.from(targetLabels(labels, target))
  if (target.kind === 'attributes')
    return Float32Array.from(labels, label => label < 0 ? 0 : 2 * label - 1)
  const targets = new Float32Array(labels.length * target.outputs)
  for (let row = 0; row < labels.length; row++)
    targets[row * target.outputs + labels[row]!] = 1
  return targets
}

/** Predictions of each row of outputs, `labelWidth` numbers: the class of the largest logit, the number in the label's unit, or 1 and 0 for each attribute. */
export function predictionsOf(outputs: Float32Array, { kind, outputs: width, middle, spread, range }: HeadTarget): Float32Array {
  if (kind === 'attributes')
    return outputs.map(logit => Number(logit > 0))
  return Float32Array.from({ length: outputs.length / width }, (_, row) => {
    if (kind === 'regression')
      return Math.max(range[0], Math.min(range[1], outputs[row]! * spread + middle))
    const logits = outputs.subarray(row * width, (row + 1) * width)
    return logits.indexOf(Math.max(...logits))
  })
}

/** Class probabilities of each row, f32 [n, outputs]. */
export function probabilitiesOf(outputs: Float32Array, width: number): Float32Array {
  const out = new Float32Array(outputs.length)
  for (let from = 0; from < outputs.length; from += width) {
    const logits = outputs.subarray(from, from + width)
    const largest = Math.max(...logits)
    const powers = logits.map(logit => Math.exp(logit - largest))
    const sum = powers.reduce((a, b) => a + b, 0)
    out.set(powers.map(power => power / sum), from)
  }
  return out
}

/** Probability of each attribute, f32 of the outputs' shape. */
export function sigmoidOf(outputs: Float32Array): Float32Array {
  return outputs.map(logit => 1 / (1 + Math.exp(-logit)))
}

/** How good outputs are: `loss` as trained, `metric` as reported (accuracy or error rate in per cent, MAE in the label's unit). */
export function scoreOutputs(outputs: Float32Array, labels: ArrayLike<number>, target: HeadTarget): { loss: number, metric: number } {
  const predictions = predictionsOf(outputs, target)
  const loss = lossOf(outputs, labels, target)
  if (target.kind === 'regression') {
    return { loss, metric: mean(predictions.map((value, i) => Math.abs(value - labels[i]!))) }
  }
  let known = 0
  let right = 0
  for (let i = 0; i < labels.length; i++) {
    known += Number(labels[i]! >= 0)
    right += Number(predictions[i] === labels[i])
  }
  return {
    loss,
    metric: target.kind === 'attributes'
      ? 100 * (known - right) / Math.max(1, known)
      : 100 * right / labels.length,
  }
}

function lossOf(outputs: Float32Array, labels: ArrayLike<number>, target: HeadTarget): number {
  const rows = outputs.length / target.outputs
  const { shape, dtype } = labelFeed(target, rows)
  return tf.tidy(() => headLoss(tf.tensor2d(outputs, [rows, target.outputs]), tf.tensor(targetLabels(labels, target), shape, dtype), target).dataSync()[0]!)
}

/** Outputs of a head on features already normalised, f32 [n, inputs] -> f32 [n, outputs]. */
export function applyHead(features: Float32Array, inputs: number, weights: Record<string, TensorData>, shape: HeadShape): Float32Array {
  return features.length === 0
    ? new Float32Array(0)
    : withTensors(weights, variables => tf.tidy(() => runHead(tf.tensor2d(features, [features.length / inputs, inputs]), variables, shape).dataSync() as Float32Array))
}
