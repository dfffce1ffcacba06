import type { ExportFormat, ExportLoss, ExportWeights } from '#shared/export.ts'
import type { FaceNetwork } from '../models/face-network.ts'
import type { Example } from './examples.ts'
import type { PortableGraph } from './portable-graph.ts'
import { formatTitles, wordLoss } from '#shared/export.ts'
import { template } from '../faces/align.ts'

interface ReadmeFacts { network: FaceNetwork, graph: PortableGraph, format: ExportFormat, weights: ExportWeights, example: Example, loss: ExportLoss | null, card: string }

/** How the model is loaded, by format. */
const loading: Record<ExportFormat, string> = {
  savedmodel: 'TensorFlow SavedModel, tag `serve`, signature `serving_default`.',
  tfjs: 'TensorFlow.js graph model: `tf.loadGraphModel`; `predict` gives tensors by name.',
  onnx: 'ONNX, operators of version 17 (ONNX 1.12 and newer).',
}

/** The model card: what goes in and comes out, how a face is prepared, an example, what the weights cost, then where it all came from. */
export function writeReadme({ network: { knowledge }, graph, format, weights, example, loss, card }: ReadmeFacts): string {
  const { side } = graph
  const points = template(300).map(([x, y]) => `(${x}, ${y})`).join(', ')
  const byte = format === 'tfjs' ? 'int32' : 'uint8'
  return `# ${knowledge
    ? `${knowledge.manifest.task}, predicted from a face`
    : 'A face, as an embedding'}

${loading[format]}

| | name | type | shape |
|---|---|---|---|
| in | faces | ${byte}, RGB 0..255 | [n, ${side}, ${side}, 3] |
${graph.outputs.map(({ name, shape }) => `| out | ${name} | float32 | [${['n', ...shape.slice(1)].join(', ')}] |`).join('\n')}
${answersText(knowledge)}
## How a face must be prepared

1. Find the face and its five points: middle of each eye, tip of the nose, corners of the mouth (the image's left first).
2. Turn, scale and shift the photograph (least squares, no reflection) so that the points come to lie at
   ${points} in 300 x 300 pixels; bilinear, edges repeated.
3. Resize to ${side} x ${side} (bicubic, antialiased), RGB, bytes. Nothing is subtracted or divided: the graph does that.
   Programs resize slightly differently (Pillow and sharp by up to 2 of 255), which moves an answer more than the format does.

## Example

\`${example.needs}\`, then \`${example.command}\`, with a face after step 2; \`${example.name}\` is

\`\`\`${example.name.endsWith('.py') ? 'python' : 'js'}
${example.text.trim()}
\`\`\`

## Weights

${weightsText(format, weights, loss)}

${card.trim()}
`
}

function answersText(knowledge: FaceNetwork['knowledge']): string {
  if (!knowledge)
    return ''
  const { classes, target, unit } = knowledge.manifest
  return [
    classes ? `\n${target.kind === 'attributes' ? 'Attributes' : 'Classes'} of \`probabilities\`, in order: ${classes.join(', ')}. They are not calibrated.\n` : '',
    unit ? `\n\`value\` is in ${unit}.\n` : '',
  ].join('')
}

function weightsText(format: ExportFormat, weights: ExportWeights, loss: ExportLoss | null): string {
  if (!loss)
    return 'float32, as trained; batch norms are folded into the convolutions before them.'
  const how = weights === 'float16' ? 'float16' : 'int8, symmetric, one scale for each output channel'
  return `Filters and matrices are stored as ${how}; ${formatTitles[format]} computes in float32, biases are float32. Against float32 weights, measured on this model: ${wordLoss(loss)}`
}
