import type { ExportFormat } from '#shared/export.ts'

/** A program that asks the exported model about one face. `needs` installs what it takes. */
export interface Example { name: string, needs: string, command: string, text: string }

/** The example of a format, for faces of this side. It prints what the model says as one JSON object. */
export function exampleOf(format: ExportFormat, side: number): Example {
  switch (format) {
    case 'savedmodel': return python('tensorflow', side, `import tensorflow as tf`, `model = tf.saved_model.load(folder).signatures['serving_default']
outputs = {name: values.numpy() for name, values in model(faces=tf.constant(faces)).items()}`)
    case 'onnx': return python('onnxruntime', side, `import onnxruntime`, `model = onnxruntime.InferenceSession(os.path.join(folder, 'model.onnx'), providers=['CPUExecutionProvider'])
names = [output.name for output in model.get_outputs()]
outputs = dict(zip(names, model.run(names, {'faces': faces})))`)
    case 'tfjs': return javascript(side)
    default: return format satisfies never
  }
}

function python(needs: string, side: number, load: string, ask: string): Example {
  return {
    name: 'example.py',
    needs: `pip install ${needs} numpy pillow`,
    command: 'python example.py face.png',
    text: `"""Says what the model makes of a face that was cut out as README.md describes: python example.py face.png"""
import json
import os
import sys

import numpy as np
${load}
from PIL import Image

folder = os.path.dirname(os.path.abspath(__file__))
picture = Image.open(sys.argv[1]).convert('RGB').resize((${side}, ${side}), Image.BICUBIC)
faces = np.asarray(picture, np.uint8)[None]  # [n, ${side}, ${side}, 3], here one face
${ask}
print(json.dumps({name: values.tolist() for name, values in outputs.items()}))
`,
  }
}

function javascript(side: number): Example {
  return {
    name: 'example.mjs',
    needs: 'npm install @tensorflow/tfjs sharp',
    command: 'node example.mjs face.png',
    text: `// Says what the model makes of a face that was cut out as README.md describes: node example.mjs face.png
// In a browser one line loads it: const model = await tf.loadGraphModel('model.json')
import { readFileSync } from 'node:fs'
import process from 'node:process'
import * as tf from '@tensorflow/tfjs'
import sharp from 'sharp'

const read = name => readFileSync(new URL(name, import.meta.url))
const { weightsManifest: [{ paths, weights }], ...json } = JSON.parse(read('model.json'))
const weightData = new Uint8Array(Buffer.concat(paths.map(read))).buffer
const model = await tf.loadGraphModel(tf.io.fromMemory({ ...json, weightSpecs: weights, weightData }))
const picture = sharp(process.argv[2]).removeAlpha().toColourspace('srgb').resize(${side}, ${side}, { fit: 'fill', kernel: 'cubic' })
const faces = tf.tensor(await picture.raw().toBuffer(), [1, ${side}, ${side}, 3], 'int32') // [n, ${side}, ${side}, 3], here one face
const outputs = model.predict(faces)
console.log(JSON.stringify(Object.fromEntries(Object.entries(outputs).map(([name, values]) => [name, values.arraySync()]))))
`,
  }
}
