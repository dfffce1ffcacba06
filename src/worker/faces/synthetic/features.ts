import type { Look } from './look.ts'
import type { Person } from './person.ts'
import type { Shape } from './shape.ts'
import { darker, mix, svg } from './colour.ts'

const SIDES = [-1, 1] as const

/** Both eyes with sockets and lids, and the lines that age and tightened lids draw around them. `narrow` of each side is how much the turned head shortens it. */
export function drawEyes(person: Person, look: Look, shape: Shape, gaze: number): string {
  return SIDES.map(side => `<g transform="${svg`translate(${100 + side * shape.eyeX} ${shape.eyeY}) scale(${side} 1)`}">${drawEye(person, look, shape, gaze * side)}</g>`).join('')
}

/** One eye around its own middle, outer corner to the right. */
function drawEye(person: Person, { units, lipstick }: Look, shape: Shape, gaze: number): string {
  const { eyeWidth: w, upperLid: up, lowerLid: low, shadow, old, isClosed } = shape
  const inner = svg`${-w} ${1.5}`
  const outer = svg`${w} ${1 - person.eyeSlant}`
  const lash = mix(shadow, '#120806', 0.6)
  const lashWeight = lipstick
    ? 3
    : person.gender === 'female'
      ? 2.4
      : 1.7
  const socket = svg`<ellipse cx="1" cy="-2" rx="20" ry="13" fill="url(#shade)" opacity=".55"/>`
  const bags = svg`<path d="M ${-w + 2} ${low + 4} Q 0 ${low + 9 + 2 * old}, ${w - 2} ${low + 3}" stroke="${shadow}" stroke-width="1.3" fill="none" opacity="${0.15 + 0.4 * old + 0.05 * units.au6}"/>`
  const crow = svg`<path d="M ${w + 4} -3 l 8 -5 M ${w + 4} 1 l 9 0 M ${w + 3} 5 l 8 5" stroke="${shadow}" stroke-width="1.2" fill="none" opacity="${Math.min(0.75, 0.5 * old + 0.11 * units.au6)}"/>`
  const cheekLine = svg`<path d="M ${-w - 2} ${low + 10} Q 2 ${low + 15}, ${w + 6} ${low + 6}" stroke="${shadow}" stroke-width="1.8" fill="none" opacity="${0.12 * units.au6}"/>`
  if (isClosed) {
    return `${socket}${svg`<path d="M ${inner} Q 0 ${-up}, ${outer} Q 0 5, ${inner} Z" fill="${shape.softShadow}" opacity=".45"/>
      <path d="M ${inner} Q 0 6.5, ${outer}" stroke="${lash}" stroke-width="${lashWeight + 0.6}" fill="none"/>`}${bags}${crow}${cheekLine}`
  }
  const opening = svg`M ${inner} Q 0 ${-2 * up + 1}, ${outer} Q 0 ${2 * low}, ${inner} Z`
  const clip = `eye${gaze < 0
    ? 'n'
    : 'p'}${Math.round(Math.abs(gaze) * 1000)}`
  return `${socket}<clipPath id="${clip}"><path d="${opening}"/></clipPath><path d="${opening}" fill="#f0eae3"/>
    <g clip-path="url(#${clip})">${svg`<circle cx="${gaze}" cy="-.8" r="6.5" fill="${person.iris}"/><circle cx="${gaze}" cy="-.8" r="3" fill="#100b09"/><circle cx="${gaze - 2}" cy="-3" r="1.6" fill="#fff" opacity=".9"/><rect x="-18" y="${-up - 5}" width="36" height="7" fill="#000" opacity=".22"/>`}</g>
    ${svg`<path d="M ${-w - 0.5} 2 Q 0 ${-2.1 * up + 0.5}, ${w + 1.5} ${0.6 - person.eyeSlant}" stroke="${lash}" stroke-width="${lashWeight}" fill="none" stroke-linecap="round"/>
    <path d="M ${-w + 1} ${-up - 1} Q 0 ${-2 * up - 4}, ${w} ${-up - person.eyeSlant * 0.6}" stroke="${shadow}" stroke-width="1.1" fill="none" opacity="${person.ethnicity === 'Asian'
      ? 0.25
      : 0.6}"/>`}${bags}${crow}${cheekLine}`
}

/** Brows, and the frown between them. */
export function drawBrows(shape: Shape, look: Look, person: Person): string {
  const { au4 } = look.units
  const y = shape.eyeY - shape.browY
  const colour = mix(darker(shape.hair, 0.3), shape.skin, look.grey > 0.6
    ? 0.2
    : 0.08)
  const brows = SIDES.map(side => svg`<path d="M ${100 + side * (shape.eyeX - 15 - au4 * 0.6)} ${y + 1.5 + shape.browInner} Q ${100 + side * (shape.eyeX - 1)} ${y - person.browArch + (shape.browInner + shape.browOuter) * 0.5}, ${100 + side * (shape.eyeX + 16)} ${y + 3 + shape.browOuter}" stroke="${colour}" stroke-width="${shape.browWeight}" stroke-linecap="round" fill="none" opacity=".88"/>`)
  const frown = svg`<path d="M 95.5 ${y + 10} l -1.5 ${-9 - au4 * 0.6} M 104.5 ${y + 10} l 1.5 ${-9 - au4 * 0.6}" stroke="${shape.shadow}" stroke-width="1.8" fill="none" opacity="${Math.min(0.9, au4 * 0.17 + shape.old * 0.2)}"/>`
  return brows.join('') + frown
}

/** Nose, with the wrinkles of AU 9 across its bridge. */
export function drawNose(shape: Shape, { units: { au9 } }: Look): string {
  const { noseY: y, noseWidth: w, shadow, light, eyeY } = shape
  const wrinkles = svg`<path d="M 92 ${eyeY + 4} Q 100 ${eyeY - 1}, 108 ${eyeY + 4} M 91 ${eyeY + 10} Q 100 ${eyeY + 5}, 109 ${eyeY + 10} M 90 ${eyeY + 17} l -7 -4 M 110 ${eyeY + 17} l 7 -4" stroke="${shadow}" stroke-width="1.5" fill="none" opacity="${0.18 * au9}"/>`
  return `${svg`<path d="M 107 ${eyeY + 2} C 109 ${eyeY + 16}, ${100 + w} ${y - 14}, ${100 + w + 1} ${y - 6} C ${100 + w} ${y}, 106 ${y}, 100 ${y + 1}" stroke="${shadow}" stroke-width="3" fill="none" opacity=".3"/>
    <path d="M ${100 - w - 1} ${y - 7} C ${100 - w - 3} ${y - 2}, ${100 - w + 1} ${y + 1}, ${100 - w + 4} ${y}" stroke="${shadow}" stroke-width="1.6" fill="none" opacity=".35"/>
    <ellipse cx="98.5" cy="${(eyeY + y) / 2 - 4}" rx="4" ry="${(y - eyeY) / 2}" fill="${light}" opacity=".28"/><ellipse cx="99" cy="${y - 7}" rx="${w * 0.5}" ry="5" fill="url(#glow)" opacity=".8"/>
    <ellipse cx="${100 - w * 0.48}" cy="${y - 1}" rx="${w * 0.3}" ry="1.9" fill="${darker(shadow, 0.5)}" opacity=".75"/><ellipse cx="${100 + w * 0.48}" cy="${y - 1}" rx="${w * 0.3}" ry="1.9" fill="${darker(shadow, 0.5)}" opacity=".75"/>`}${wrinkles}`
}

/** Mouth and the folds beside it, open or closed, corners up or down; AU 10 raises the middle of the upper lip. */
export function drawMouth(person: Person, look: Look, shape: Shape): string {
  const { mouthY: y, mouthWidth: w, corner, open, lips, shadow, old } = shape
  const { au10 } = look.units
  const lip = mix(person.skin, look.lipstick
    ? '#b3202f'
    : '#96423f', look.lipstick
    ? 0.72
    : 0.42)
  const line = darker(lip, 0.55)
  const [left, right, cornerY] = [100 - w, 100 + w, y + corner]
  const lift = au10 * 1.1
  const upperEdge = y - open * 0.3 - lift * 0.6 - corner * 0.15
  const lowerEdge = y + open * 0.7 - corner * 0.3
  const through = (middle: number): number => 2 * middle - cornerY // a quadratic curve passes half way to its control point
  const upper = svg`M ${left} ${cornerY} Q ${100 - w * 0.4} ${y - lips * 1.5 - lift - open * 0.3}, 100 ${y - lips * 0.8 - lift - open * 0.3} Q ${100 + w * 0.4} ${y - lips * 1.5 - lift - open * 0.3}, ${right} ${cornerY} Q 100 ${through(upperEdge)}, ${left} ${cornerY} Z`
  const lower = svg`M ${left} ${cornerY} Q 100 ${through(lowerEdge)}, ${right} ${cornerY} Q 100 ${through(lowerEdge + lips * 1.35)}, ${left} ${cornerY} Z`
  const folds = svg`<path d="M ${left + 5} ${y - 24} Q ${left - 6 + corner * 0.3} ${y - 14}, ${left - 6} ${cornerY + 2} M ${right - 5} ${y - 24} Q ${right + 6 - corner * 0.3} ${y - 14}, ${right + 6} ${cornerY + 2}" stroke="${shadow}" stroke-width="1.7" fill="none" opacity="${Math.min(0.7, 0.08 + 0.5 * old + (corner < -2
    ? 0.3
    : 0) + au10 * 0.1)}"/>`
  if (open < 1.5) {
    return `${folds}<path d="${upper}" fill="${lip}"/><path d="${lower}" fill="${mix(lip, '#ffffff', 0.06)}"/>${svg`<path d="M ${left} ${cornerY} Q 100 ${through(lowerEdge)}, ${right} ${cornerY}" stroke="${line}" stroke-width="1.7" fill="none" stroke-linecap="round"/>
      <ellipse cx="98" cy="${lowerEdge + lips * 0.7}" rx="8" ry="1.8" fill="#fff" opacity="${look.lipstick
        ? 0.3
        : 0.12}"/>`}`
  }
  const cavity = svg`M ${left} ${cornerY} Q 100 ${through(upperEdge)}, ${right} ${cornerY} Q 100 ${through(lowerEdge)}, ${left} ${cornerY} Z`
  const teeth = shape.teeth
    ? svg`<path d="M ${left + 3} ${cornerY} Q 100 ${through(upperEdge)}, ${right - 3} ${cornerY} Q 100 ${through(Math.min(lowerEdge, upperEdge + 5.5))}, ${left + 3} ${cornerY} Z" fill="#f2ede5"/>`
    : ''
  return `${folds}<path d="${cavity}" fill="#47181a"/>${teeth}<path d="${upper}" fill="${lip}"/><path d="${lower}" fill="${mix(lip, '#ffffff', 0.06)}"/>`
}
