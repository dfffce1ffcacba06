import type { TensorData } from '#worker/stage.ts'
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { FacetError } from '#shared/errors.ts'

/** Sides of a tensor; TensorFlow itself takes at most 254 of them, networks have up to 6. */
const size = z.array(z.int().min(0)).max(16)

/** A tensor of a weights file, with tfjs's optional quantisation. */
const WeightSpec = z.object({
  name: z.string(),
  shape: size,
  dtype: z.enum(['float32', 'int32', 'bool']),
  quantization: z.object({
    dtype: z.enum(['uint8', 'uint16', 'float16']),
    scale: z.number().optional(),
    min: z.number().optional(),
  }).optional(),
})
type WeightSpec = z.infer<typeof WeightSpec>

/** The weights part that model.json and face-api's weight manifests share. */
const WeightsManifest = z.array(z.object({
  paths: z.array(z.string()).min(1),
  weights: z.array(WeightSpec),
}))

const WholeNumber = z.union([z.int(), z.string().regex(/^-?\d{1,19}$/, 'a whole number')])
const AnyNumber = z.union([z.number(), z.string()])

/**
 * One attribute of a node in the JSON form of protobuf: exactly one field, 64-bit numbers as text, bytes as base64. Kinds that no
 * op of a network carries (functions, tensors) are passed over by whoever reads it.
 */
const NodeAttribute = z.looseObject({
  type: z.string().optional(),
  s: z.string().optional(),
  i: WholeNumber.optional(),
  f: AnyNumber.optional(),
  b: z.boolean().optional(),
  shape: z.looseObject({
    dim: z.array(z.looseObject({ size: WholeNumber.default(0) })).max(16).optional(),
  }).optional(),
  list: z.looseObject({
    s: z.array(z.string()).optional(),
    i: z.array(WholeNumber).optional(),
    f: z.array(AnyNumber).optional(),
    type: z.array(z.string()).optional(),
  }).optional(),
})
export type NodeAttribute = z.infer<typeof NodeAttribute>

const GraphNode = z.object({
  name: z.string(),
  op: z.string(),
  input: z.array(z.string()).default([]),
  attr: z.record(z.string(), NodeAttribute).default({}),
})
export type GraphNode = z.infer<typeof GraphNode>

const ModelJson = z.object({
  format: z.literal('graph-model', { error: 'is no TFJS graph model (format "graph-model"); a layers model has no graph nodes to take an embedding from' }),
  modelTopology: z.object({
    node: z.array(GraphNode).min(1),
  }),
  weightsManifest: WeightsManifest,
})

/** A weight as the engine takes it; `bool` weights are bytes of 0 and 1. */
export interface Weight extends TensorData { bool: boolean }

/** Named weights, decoded on first use. */
export interface WeightSource {
  names: string[]
  /** Whether the file has a weight of this name. */
  has: (name: string) => boolean
  /** Decoded to float32, int32 or bytes; throws a FacetError where the name is missing. */
  get: (name: string) => Weight
}

export interface TfjsModel {
  path: string
  nodes: Map<string, GraphNode>
  weights: WeightSource
}

function parseJson<T>(path: string, schema: z.ZodType<T>, what: string): T {
  let json: unknown
  try {
    json = JSON.parse(readFileSync(path, 'utf8'))
  }
  catch (cause) {
    throw new FacetError('bad-input', `${what} cannot be read: ${cause instanceof Error
      ? cause.message
      : cause}`, { where: path, cause })
  }
  const parsed = schema.safeParse(json)
  if (parsed.success)
    return parsed.data
  const issue = parsed.error.issues[0]!
  throw new FacetError('bad-input', `${what} is malformed at ${issue.path.join('.') || 'its top'}: ${issue.message}`, { where: path })
}

/** IEEE 754 half precision to single. */
function fromHalf(half: number): number {
  const sign = half >> 15
    ? -1
    : 1
  const exponent = (half >> 10) & 31
  const fraction = half & 1023
  if (exponent === 0)
    return sign * fraction * 2 ** -24
  if (exponent === 31) {
    return fraction
      ? Number.NaN
      : sign * Infinity
  }
  return sign * 2 ** (exponent - 15) * (1 + fraction / 1024)
}

const bytesPerItem = {
  float32: 4,
  int32: 4,
  bool: 1,
  uint8: 1,
  uint16: 2,
  float16: 2,
} as const

/** @throws FacetError where a shape is larger than any number that is exact */
function byteLength(spec: WeightSpec, path: string): number {
  const items = spec.shape.reduce((a, b) => a * b, 1)
  if (!Number.isSafeInteger(items * 4))
    throw new FacetError('bad-input', `weight "${spec.name}" is said to be [${spec.shape.join(', ')}], larger than any file.`, { where: path, hint: 'The model file is damaged: fetch it again.' })
  return items * bytesPerItem[spec.quantization?.dtype ?? spec.dtype]
}

function decode(spec: WeightSpec, bytes: Uint8Array): Weight {
  const copy = new Uint8Array(bytes).buffer // aligned, whatever the offset in the file
  const { shape, dtype, quantization } = spec
  if (!quantization) {
    if (dtype === 'bool') {
      return {
        dtype: 'uint8',
        shape,
        data: new Uint8Array(copy),
        bool: true,
      }
    }
    return dtype === 'float32'
      ? {
          dtype,
          shape,
          data: new Float32Array(copy),
          bool: false,
        }
      : {
          dtype,
          shape,
          data: new Int32Array(copy),
          bool: false,
        }
  }
  const { dtype: stored, scale = 1, min = 0 } = quantization
  const raw = stored === 'uint8'
    ? new Uint8Array(copy)
    : new Uint16Array(copy)
  if (dtype === 'int32') {
    return {
      dtype,
      shape,
      data: Int32Array.from(raw, v => Math.round(v * scale + min)),
      bool: false,
    }
  }
  return {
    dtype: 'float32',
    shape,
    data: Float32Array.from(raw, stored === 'float16'
      ? fromHalf
      : v => v * scale + min),
    bool: false,
  }
}

/** The files of a weights manifest in its order, absolute. A name that leaves the model's folder is refused. */
function weightFiles(path: string, groups: z.infer<typeof WeightsManifest>): string[] {
  const folder = dirname(path)
  return groups.flatMap(group => group.paths.map((name) => {
    const file = resolve(folder, name)
    if (dirname(file) !== folder)
      throw new FacetError('bad-input', `the weights file "${name}" is not beside the model file.`, { where: path, hint: 'Move it into the same folder and name it without a path.' })
    return file
  }))
}

function openWeights(path: string, groups: z.infer<typeof WeightsManifest>): WeightSource {
  const entries = new Map<string, { spec: WeightSpec, bytes: Uint8Array }>()
  for (const group of groups) {
    const bytes = Buffer.concat(weightFiles(path, [group]).map(file => readBytes(file, path)))
    let offset = 0
    for (const spec of group.weights) {
      const end = offset + byteLength(spec, path)
      if (end > bytes.length)
        throw new FacetError('bad-input', `weight "${spec.name}" ends at byte ${end}, but ${group.paths.join(' and ')} hold only ${bytes.length} bytes.`, { where: path, hint: 'The weights file is cut off or belongs to another model: fetch it again.' })
      entries.set(spec.name, {
        spec,
        bytes: bytes.subarray(offset, end),
      })
      offset = end
    }
    if (offset !== bytes.length)
      throw new FacetError('bad-input', `${group.paths.join(' and ')} hold ${bytes.length} bytes, the model describes ${offset}.`, { where: path, hint: 'The weights file belongs to another model: fetch it again.' })
  }
  return {
    names: [
      ...entries.keys(),
    ],
    has: name => entries.has(name),
    get: (name) => {
      const entry = entries.get(name)
      if (!entry)
        throw new FacetError('bad-input', `the model has no weight "${name}".`, { where: path })
      return decode(entry.spec, entry.bytes)
    },
  }
}

function readBytes(file: string, where: string): Buffer {
  try {
    return readFileSync(file)
  }
  catch (cause) {
    throw new FacetError('not-found', `the weights file ${file} cannot be read.`, { where, cause, hint: 'It belongs beside the model file.' })
  }
}

/**
 * Reads a TFJS graph model: a GraphDef in JSON and its weights files. No code in it runs.
 * Throws a FacetError for a layers model, a malformed file, or weights that do not fit their description.
 */
export function readTfjsModel(path: string): TfjsModel {
  const json = parseJson(path, ModelJson, 'the model file')
  return {
    path,
    nodes: new Map(json.modelTopology.node.map(node => [node.name, node])),
    weights: openWeights(path, json.weightsManifest),
  }
}

/** Reads one of face-api's `*-weights_manifest.json` with its weights files. */
export function readWeights(path: string): WeightSource {
  return openWeights(path, parseJson(path, WeightsManifest, 'the weights manifest'))
}
