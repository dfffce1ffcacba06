import type { Look } from './look.ts'
import type { Person } from './person.ts'
import type { Shape } from './shape.ts'
import { darker, mix, svg } from './colour.ts'

/** Outline of the head. */
export function headPath({ cheek, jaw, chin, top }: Shape): string {
  return svg`M ${100 - cheek} 96 C ${100 - cheek - 3} 46, 64 ${top}, 100 ${top} C 136 ${top}, ${100 + cheek + 3} 46, ${100 + cheek} 96 C ${100 + cheek} 130, ${100 + jaw + 9} 152, ${100 + jaw - 6} ${chin - 22} C ${100 + jaw - 18} ${chin - 6}, 114 ${chin}, 100 ${chin} C 86 ${chin}, ${100 - jaw + 18} ${chin - 6}, ${100 - jaw + 6} ${chin - 22} C ${100 - jaw - 9} 152, ${100 - cheek} 130, ${100 - cheek} 96 Z`
}

/** Neck, shoulders and collar. */
export function drawBody(person: Person, shape: Shape): string {
  const neck = 30 + (person.gender === 'male'
    ? 6
    : 0) - 8 * shape.child
  return svg`<path d="M ${100 - neck} 150 L ${100 - neck} 194 C 40 206, 10 206, -60 230 L -60 330 L 260 330 L 260 230 C 190 206, 160 206, ${100 + neck} 194 L ${100 + neck} 150 Z" fill="url(#neck)"/>
    <path d="M -60 340 L -60 232 C 10 204, 46 204, ${100 - neck - 4} 194 C 80 216, 120 216, ${100 + neck + 4} 194 C 154 204, 190 204, 260 232 L 260 340 Z" fill="${person.cloth}"/>
    <path d="M ${100 - neck - 4} 194 C 80 216, 120 216, ${100 + neck + 4} 194 L ${100 + neck + 7} 200 C 122 224, 78 224, ${100 - neck - 7} 200 Z" fill="${mix(person.cloth, '#ffffff', 0.2)}" opacity=".8"/>`
}

/** Ears and what hangs from them. */
export function drawEars(person: Person, look: Look, { cheek, softShadow, shadow }: Shape): string {
  return [-1, 1].map((side) => {
    const x = 100 + side * (cheek + 1)
    const ring = look.earrings
      ? svg`<circle cx="${x + side * 2}" cy="${112 + person.earSize}" r="3" fill="#e2c25a" stroke="#8d7226" stroke-width=".8"/>`
      : ''
    return svg`<ellipse cx="${x}" cy="108" rx="8" ry="${person.earSize}" fill="${softShadow}"/><ellipse cx="${x}" cy="108" rx="4" ry="${person.earSize * 0.6}" fill="${shadow}" opacity=".5"/>${ring}`
  }).join('')
}

/** The face itself: skin, modelling, marks, lines of age, beard. */
export function drawSkin(person: Person, look: Look, shape: Shape): string {
  const { cheek, chin, shadow, old, eyeY } = shape
  const blush = look.rosy
    ? 0.75
    : 0.22
  const lines = [50, 58, 66].map((y, i) => svg`<path d="M ${70 - i} ${y} Q 100 ${y - 5}, ${130 + i} ${y}" stroke="${shadow}" stroke-width="1.3" fill="none" opacity="${Math.min(0.6, Math.max(0, old * 0.8 - i * 0.12) + (look.expression === 'surprise'
    ? 0.15
    : 0))}"/>`).join('')
  const jowls = svg`<path d="M 62 156 Q 60 170, 74 180 M 138 156 Q 140 170, 126 180 M 86 ${chin - 4} Q 100 ${chin + 1}, 114 ${chin - 4}" stroke="${shadow}" stroke-width="1.6" fill="none" opacity="${0.45 * old}"/>`
  const marks = person.marks.map(([x, y, r]) => svg`<circle cx="${x}" cy="${y}" r="${r}" fill="${mix(shadow, '#3a1a10', 0.4)}" opacity=".8"/>`).join('')
  return `<path d="${headPath(shape)}" fill="url(#skin)"/><g clip-path="url(#head)">
    ${svg`<ellipse cx="${100 + cheek}" cy="124" rx="34" ry="86" fill="url(#shade)" opacity=".75"/><ellipse cx="100" cy="${chin + 4}" rx="58" ry="24" fill="url(#shade)" opacity=".8"/><ellipse cx="86" cy="58" rx="46" ry="26" fill="url(#glow)" opacity=".6"/>
    <ellipse cx="${100 - 34}" cy="${eyeY + 38}" rx="21" ry="15" fill="url(#blush)" opacity="${blush}"/><ellipse cx="${100 + 34}" cy="${eyeY + 38}" rx="21" ry="15" fill="url(#blush)" opacity="${blush}"/>`}
    ${marks}${lines}${jowls}${drawBeard(look, shape)}</g>`
}

function drawBeard(look: Look, shape: Shape): string {
  const { cheek, mouthY: y, chin, mouthWidth: w } = shape
  const colour = darker(shape.hair, 0.25)
  const full = svg`<path d="M ${100 - cheek - 2} 118 C ${100 - cheek + 5} 136, 66 140, 76 ${y - 11} C 88 ${y - 17}, 112 ${y - 17}, 124 ${y - 11} C 134 140, ${100 + cheek - 5} 136, ${100 + cheek + 2} 118 L ${100 + cheek} 210 L ${100 - cheek} 210 Z" fill="${colour}"`
  const moustache = svg`<path d="M ${100 - w - 3} ${y - 3} Q 86 ${y - 17}, 100 ${y - 12} Q 114 ${y - 17}, ${100 + w + 3} ${y - 3} Q 112 ${y - 8}, 100 ${y - 7} Q 88 ${y - 8}, ${100 - w - 3} ${y - 3} Z" fill="${colour}" opacity=".9"/>`
  switch (look.beard) {
    case 'none': return ''
    case 'stubble': return `${full} opacity=".26"/>`
    case 'full': return `${full} opacity=".92"/>`
    case 'moustache': return moustache
    case 'goatee': return moustache + svg`<path d="M ${100 - w + 4} ${y + 12} Q 100 ${y + 8}, ${100 + w - 4} ${y + 12} Q ${100 + w - 5} ${chin - 4}, 100 ${chin + 2} Q ${100 - w + 5} ${chin - 4}, ${100 - w + 4} ${y + 12} Z" fill="${colour}" opacity=".9"/>`
  }
}
