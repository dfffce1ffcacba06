import type { Buffer } from 'node:buffer'
import type { SyntheticObjects } from '#shared/synthetic.ts'
import type { Colour } from './colour.ts'
import { OBJECTS } from '#shared/synthetic.ts'
import { darker, lighter, svg } from './colour.ts'
import { createScene } from './look.ts'
import { createRandom } from './random.ts'
import { renderPhotograph } from './render.ts'

type ObjectClass = typeof OBJECTS[number]

const COLOURS: Colour[] = ['#b5483a', '#3f6fa8', '#4c8a55', '#c79a3a', '#7d5a99', '#3d8f90', '#b86a8a', '#6f6256']
const BACKGROUNDS: Colour[] = ['#d8d2c4', '#a9b4ba', '#c3cdb8', '#8b8f99', '#cbb8b0', '#e3e0da', '#74808a']

/** Each object on a 200 x 200 canvas, about 150 wide or high, in its main colour, a dark and a light one of it. */
const SHAPES: Record<ObjectClass, (main: Colour, dark: Colour, light: Colour) => string> = {
  ball: (main, dark, light) => `<circle cx="100" cy="100" r="68" fill="${main}"/><path d="M34 92q66 40 132 0M40 124q60 34 120 0" stroke="${dark}" stroke-width="9" fill="none"/><circle cx="74" cy="66" r="14" fill="${light}"/>`,
  bottle: (main, dark, light) => `<path d="M86 24h28v34q24 16 24 42v72q0 8-8 8H70q-8 0-8-8v-72q0-26 24-42z" fill="${main}"/><rect x="82" y="16" width="36" height="16" rx="4" fill="${dark}"/><rect x="62" y="104" width="76" height="44" fill="${light}"/>`,
  car: (main, dark, light) => `<path d="M20 132v-26q0-8 10-10l24-4 22-30q4-6 12-6h44q8 0 12 6l18 30 12 4q8 2 8 10v26z" fill="${main}"/><path d="M68 92l16-24h16v24zM108 92V68h22l14 24z" fill="${light}"/><circle cx="60" cy="134" r="19" fill="${dark}"/><circle cx="142" cy="134" r="19" fill="${dark}"/>`,
  chair: (main, dark) => `<rect x="56" y="24" width="14" height="152" fill="${dark}"/><rect x="62" y="24" width="62" height="66" rx="6" fill="${main}"/><rect x="56" y="100" width="94" height="18" fill="${main}"/><rect x="134" y="112" width="14" height="64" fill="${dark}"/>`,
  cup: (main, dark, light) => `<path d="M48 62h88v62q0 30-30 30H78q-30 0-30-30z" fill="${main}"/><path d="M136 78q34-4 32 24t-34 30" stroke="${main}" stroke-width="13" fill="none"/><ellipse cx="92" cy="62" rx="44" ry="12" fill="${dark}"/><rect x="60" y="88" width="8" height="44" rx="4" fill="${light}"/><ellipse cx="92" cy="166" rx="56" ry="9" fill="${light}"/>`,
  fish: (main, dark, light) => `<path d="M24 100q46-58 106-8l40-32v80l-40-32q-60 50-106-8z" fill="${main}"/><path d="M84 62q20-24 40-8l-8 20z" fill="${dark}"/><circle cx="54" cy="94" r="9" fill="${light}"/><circle cx="53" cy="94" r="4" fill="#111111"/>`,
  flower: (main, dark, light) => `<path d="M100 100v84" stroke="#4c7a45" stroke-width="9"/><path d="M100 150q32-26 44 0-24 14-44 0z" fill="#4c7a45"/>${[0, 60, 120, 180, 240, 300].map(degrees => `<ellipse cx="100" cy="44" rx="18" ry="27" fill="${main}" transform="rotate(${degrees} 100 76)"/>`).join('')}<circle cx="100" cy="76" r="17" fill="${light}" stroke="${dark}" stroke-width="4"/>`,
  house: (main, dark, light) => `<rect x="44" y="92" width="112" height="80" fill="${light}"/><path d="M28 98L100 34l72 64z" fill="${main}"/><rect x="88" y="122" width="28" height="50" fill="${dark}"/><rect x="54" y="108" width="24" height="22" fill="${dark}"/><rect x="126" y="108" width="22" height="22" fill="${dark}"/>`,
  star: (main, dark) => `<path d="M100 24l20 50 54 4-41 35 13 53-46-29-46 29 13-53-41-35 54-4z" fill="${main}" stroke="${dark}" stroke-width="6" stroke-linejoin="round"/>`,
  tree: (main, dark) => `<rect x="88" y="118" width="24" height="62" fill="#6b4a32"/><path d="M100 20l52 62h-26l36 46H38l36-46H48z" fill="${main}"/><path d="M100 20l52 62h-26l36 46h-62z" fill="${dark}" opacity=".4"/>`,
}

/** One drawn object: its bytes and its class. Seed and index decide everything; classes come in turn. */
export async function renderSyntheticObject({ seed, size }: Pick<SyntheticObjects, 'seed' | 'size'>, index: number): Promise<{ jpeg: Buffer, labels: { object: ObjectClass } }> {
  const object = OBJECTS[index % OBJECTS.length]!
  const random = createRandom('object', seed, index)
  const main = random.pick(COLOURS)
  const [scale, degrees, x, y] = [random.between(0.55, 1), random.around(0, 14), random.around(0, 12), random.around(0, 12)]
  const turned = svg`translate(${100 + x} ${100 + y}) rotate(${degrees}) scale(${random.chance(0.5) ? scale : -scale} ${scale}) translate(-100 -100)`
  const drawing = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 200" width="${size}" height="${size}"><rect width="200" height="200" fill="${random.pick(BACKGROUNDS)}"/><g transform="${turned}">${SHAPES[object](main, darker(main, 0.45), lighter(main, 0.55))}</g></svg>`
  return { jpeg: await renderPhotograph(drawing, createScene(seed, index), { size, seed: `object/${seed}/${index}` }), labels: { object } }
}
