import type { Look, Scene } from './look.ts'
import type { Person } from './person.ts'
import type { Shape } from './shape.ts'
import { darker, lighter, mix, svg } from './colour.ts'
import { drawBrows, drawEyes, drawMouth, drawNose } from './features.ts'
import { coversEars, drawHairBehind, drawHairInFront } from './hair.ts'
import { drawBody, drawEars, drawSkin, headPath } from './head.ts'
import { createRandom } from './random.ts'
import { shapeOf } from './shape.ts'

const BACKGROUNDS = [
  '#8fa3ad',
  '#a9a08f',
  '#7f8fa8',
  '#9aa58e',
  '#b2a6a0',
  '#6d7f86',
  '#c9c4ba',
  '#87798c',
  '#55606e',
  '#d9d4c7',
  '#7b6a58',
]
/** How far a turned head moves what stands out from it, in canvas units at yaw 1. */
const DEPTH = {
  features: 11,
  nose: 17,
  hair: 4,
  back: -5,
}

/** One photograph as SVG, square, `size` pixels a side. */
export function drawPhotograph(person: Person, look: Look, scene: Scene, size: number): string {
  const shape = shapeOf(person, look)
  const at = (depth: number, content: string): string => `<g transform="${svg`translate(${scene.yaw * depth} 0)`}">${content}</g>`
  const turned = turn(scene.yaw)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 200" width="${size}" height="${size}">${drawDefinitions(person, shape)}${drawBackground(scene)}
    <g transform="${svg`translate(${100 + scene.shiftX} ${104 + scene.shiftY}) scale(${scene.scale}) translate(-100 -108)`}">
    ${drawBody(person, shape)}
    <g transform="${svg`rotate(${scene.rollDegrees} 100 150)`}">
    ${at(DEPTH.back, drawHairBehind(look, shape))}${coversEars(look)
      ? ''
      : at(DEPTH.back, drawEars(person, look, shape))}
    ${drawSkin(person, look, shape)}
    <g transform="${turned}">${drawEyes(person, look, shape, scene.gaze)}${drawBrows(shape, look, person)}</g>
    ${at(DEPTH.nose, drawNose(shape, look))}
    <g transform="${turned}">${drawMouth(person, look, shape)}</g>
    ${at(DEPTH.hair, drawHairInFront(look, shape))}
    ${coversEars(look) && look.earrings
      ? drawHangingEarrings(shape)
      : ''}
    ${look.glasses
      ? `<g transform="${turned}">${drawGlasses(shape)}</g>`
      : ''}
    ${scene.occluder
      ? drawOccluder(scene.occluder, person)
      : ''}
    </g></g></svg>`
}

/** Moves the features towards where the head turns and narrows them a little. */
function turn(yaw: number): string {
  return svg`translate(${100 + yaw * DEPTH.features} 0) scale(${1 - 0.07 * Math.abs(yaw)} 1) translate(-100 0)`
}

function drawDefinitions(person: Person, shape: Shape): string {
  const { light, skin, softShadow, shadow, hair } = shape
  const fade = (id: string, colour: string, opacity: number): string => `<radialGradient id="${id}"><stop offset="0" stop-color="${colour}" stop-opacity="${opacity}"/><stop offset=".5" stop-color="${colour}" stop-opacity="${opacity * 0.5}"/><stop offset="1" stop-color="${colour}" stop-opacity="0"/></radialGradient>`
  return `<defs><radialGradient id="skin" cx="40%" cy="36%" r="72%"><stop offset="0" stop-color="${light}"/><stop offset=".45" stop-color="${skin}"/><stop offset="1" stop-color="${softShadow}"/></radialGradient>
    <linearGradient id="neck" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="${shadow}"/><stop offset=".4" stop-color="${softShadow}"/><stop offset="1" stop-color="${softShadow}"/></linearGradient>
    <linearGradient id="hair" x1="0" y1="0" x2=".6" y2="1"><stop offset="0" stop-color="${lighter(hair, 0.24)}"/><stop offset=".4" stop-color="${hair}"/><stop offset="1" stop-color="${darker(hair, 0.35)}"/></linearGradient>
    ${fade('shade', shadow, 0.75)}${fade('glow', light, 0.8)}${fade('blush', mix(person.skin, '#d8483e', 0.6), 0.8)}
    <clipPath id="head"><path d="${headPath(shape)}"/></clipPath></defs>`
}

function drawBackground({ background }: Scene): string {
  const random = createRandom(background, 'background')
  const colour = random.pick(BACKGROUNDS)
  const blobs = Array.from({
    length: random.whole(2, 7),
  }, () => {
    const fill = random.chance(0.5)
      ? lighter(random.pick(BACKGROUNDS), 0.1)
      : darker(random.pick(BACKGROUNDS), 0.4)
    return random.chance(0.6)
      ? svg`<ellipse cx="${random.between(0, 200)}" cy="${random.between(0, 200)}" rx="${random.between(12, 60)}" ry="${random.between(12, 60)}" fill="${fill}" opacity="${random.between(0.15, 0.5)}"/>`
      : svg`<rect x="${random.between(-20, 180)}" y="${random.between(-20, 100)}" width="${random.between(10, 70)}" height="${random.between(30, 200)}" fill="${fill}" opacity="${random.between(0.15, 0.45)}"/>`
  }).join('')
  return `<linearGradient id="back" x1="${random.between(0, 1).toFixed(2)}" y1="0" x2="${random.between(0, 1).toFixed(2)}" y2="1"><stop offset="0" stop-color="${lighter(colour, 0.1)}"/><stop offset="1" stop-color="${darker(colour, 0.4)}"/></linearGradient><rect width="200" height="200" fill="url(#back)"/>${blobs}`
}

function drawGlasses({ eyeX, eyeY }: Shape): string {
  const [left, right] = [100 - eyeX, 100 + eyeX]
  return svg`<g stroke="#22201f" stroke-width="2.8" fill="#ffffff" fill-opacity=".1"><rect x="${left - 20}" y="${eyeY - 13}" width="40" height="28" rx="10"/><rect x="${right - 20}" y="${eyeY - 13}" width="40" height="28" rx="10"/><path d="M ${left + 20} ${eyeY - 3} Q 100 ${eyeY - 8}, ${right - 20} ${eyeY - 3} M ${left - 20} ${eyeY - 5} L ${left - 33} ${eyeY - 8} M ${right + 20} ${eyeY - 5} L ${right + 33} ${eyeY - 8}" fill="none"/></g>`
}

function drawHangingEarrings({ cheek }: Shape): string {
  return [-1, 1].map(side => svg`<circle cx="${100 + side * (cheek + 2)}" cy="128" r="3.4" fill="#e2c25a" stroke="#8d7226" stroke-width=".8"/>`).join('')
}

function drawOccluder({ kind, side }: NonNullable<Scene['occluder']>, person: Person): string {
  const x = 100 + side * 52
  switch (kind) {
    case 'hand': return [0, 1, 2, 3].map(i => svg`<rect x="${x - 18 + i * 11}" y="${142 + i * 3}" width="10" height="90" rx="5" fill="${mix(person.skin, '#2a120a', 0.08 + i * 0.05)}" transform="rotate(${side * 12} ${x} 180)"/>`).join('')
    case 'leaf': return svg`<ellipse cx="${x + side * 16}" cy="130" rx="24" ry="66" fill="#4e6b3c" opacity=".92" transform="rotate(${side * 20} ${x} 130)"/>`
    case 'bar': return svg`<rect x="${x + side * 14 - 9}" y="-80" width="18" height="420" fill="#5d554c" opacity=".95"/>`
    case 'cup': return svg`<path d="M ${x - 24} 158 L ${x + 24} 158 L ${x + 19} 240 L ${x - 19} 240 Z" fill="#e4e1da"/><rect x="${x - 24}" y="182" width="48" height="18" fill="#8a3f35"/>`
  }
}
