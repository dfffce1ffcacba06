import type { Look } from './look.ts'
import type { Shape } from './shape.ts'
import { darker, mix, svg } from './colour.ts'

/** Styles that hang beside the face and cover the ears. */
export function coversEars({ style }: Look): boolean {
  return style === 'long' || style === 'bob' || style === 'afro'
}

/** Hair behind the head. */
export function drawHairBehind({ style }: Look, { top }: Shape): string {
  switch (style) {
    case 'long': return svg`<path d="M 100 ${top - 12} C 30 ${top - 12}, 22 70, 26 120 C 28 160, 10 200, 18 224 C 40 244, 160 244, 182 224 C 190 200, 172 160, 174 120 C 178 70, 170 ${top - 12}, 100 ${top - 12} Z" fill="url(#hair)"/>`
    case 'bob': return svg`<path d="M 100 ${top - 12} C 30 ${top - 12}, 22 70, 26 120 C 28 150, 24 168, 44 174 L 156 174 C 176 168, 172 150, 174 120 C 178 70, 170 ${top - 12}, 100 ${top - 12} Z" fill="url(#hair)"/>`
    case 'bun': return svg`<ellipse cx="100" cy="${top - 8}" rx="27" ry="19" fill="url(#hair)"/>`
    case 'afro': return svg`<ellipse cx="100" cy="68" rx="90" ry="76" fill="url(#hair)"/>`
    default: return ''
  }
}

/** Hair above and in front of the face, or the hat that hides it. */
export function drawHairInFront(look: Look, shape: Shape): string {
  const { cheek: c, top } = shape
  if (look.hat)
    return drawHat(shape)
  const front = (path: string): string => `<path d="${path}" fill="url(#hair)"/>${strands(shape)}`
  switch (look.style) {
    case 'short': return front(svg`M ${96 - c} 98 C ${88 - c} 40, 56 ${top - 14}, 102 ${top - 14} C 150 ${top - 14}, ${112 + c} 40, ${104 + c} 98 C ${99 + c} 74, ${94 + c} 62, 136 54 C 112 46, 86 46, 64 56 C ${106 - c} 64, ${101 - c} 74, ${96 - c} 98 Z`)
    case 'side': return front(svg`M ${97 - c} 98 C ${88 - c} 38, 54 ${top - 16}, 104 ${top - 16} C 152 ${top - 16}, ${112 + c} 44, ${103 + c} 96 C ${98 + c} 76, 146 58, 128 46 C 116 58, 84 66, 62 62 C ${105 - c} 68, ${101 - c} 80, ${97 - c} 98 Z`)
    case 'fringe':
    case 'bob': return front(svg`M ${92 - c} 128 C ${84 - c} 40, 54 ${top - 14}, 100 ${top - 14} C 146 ${top - 14}, ${116 + c} 40, ${108 + c} 128 C ${100 + c} 104, ${94 + c} 84, 148 70 C 120 74, 80 74, 52 70 C ${106 - c} 84, ${100 - c} 104, ${92 - c} 128 Z`)
    case 'long': return front(svg`M ${90 - c} 176 C ${74 - c} 60, 52 ${top - 16}, 100 ${top - 16} C 148 ${top - 16}, ${126 + c} 60, ${110 + c} 176 C ${106 + c} 120, ${100 + c} 78, 118 44 C 92 64, ${106 - c} 74, ${99 - c} 110 C ${97 - c} 130, ${94 - c} 150, ${90 - c} 176 Z`)
    case 'bun': return front(svg`M ${96 - c} 100 C ${88 - c} 42, 58 ${top - 10}, 100 ${top - 10} C 142 ${top - 10}, ${112 + c} 42, ${104 + c} 100 C ${98 + c} 72, 146 54, 100 48 C 54 54, ${102 - c} 72, ${96 - c} 100 Z`)
    case 'afro': return front(svg`M ${94 - c} 104 C ${80 - c} 30, 60 ${top - 20}, 100 ${top - 20} C 140 ${top - 20}, ${120 + c} 30, ${106 + c} 104 C ${99 + c} 72, 148 54, 100 52 C 52 54, ${101 - c} 72, ${94 - c} 104 Z`)
    case 'buzz': return svg`<path d="M ${99 - c} 88 C ${96 - c} 42, 60 ${top - 4}, 100 ${top - 4} C 140 ${top - 4}, ${104 + c} 42, ${101 + c} 88 C ${94 + c} 66, 142 54, 100 52 C 58 54, ${106 - c} 66, ${99 - c} 88 Z" fill="${darker(shape.hair, 0.2)}" opacity="${0.85 - 0.35 * shape.child}"/>`
    case 'receding': return svg`<path d="M ${99 - c} 114 C ${90 - c} 84, ${95 - c} 66, ${104 - c} 58 C ${107 - c} 78, ${104 - c} 98, ${99 - c} 114 Z M ${101 + c} 114 C ${110 + c} 84, ${105 + c} 66, ${96 + c} 58 C ${93 + c} 78, ${96 + c} 98, ${101 + c} 114 Z" fill="${shape.hair}" opacity=".85"/>`
  }
}

/** A few combed lines: what makes a filled path look like hair at this size, far cheaper than a noise filter. */
function strands({ cheek: c, top, hair }: Shape): string {
  const light = mix(hair, '#ffffff', 0.3)
  const dark = darker(hair, 0.4)
  return Array.from({ length: 9 }, (_, i) => {
    const x = 60 + i * 10
    return svg`<path d="M ${x} ${top + 19 + Math.abs(i - 4) * 1.5} Q ${x + (x - 100) * 0.12} ${top}, ${100 + (x - 100) * 0.55} ${top - 12 + Math.abs(i - 4)}" stroke="${i % 2 === 0
      ? light
      : dark}" stroke-width="1.6" fill="none" opacity=".28"/>`
  }).join('') + svg`<path d="M ${98 - c} 84 Q ${100 - c} 56, ${112 - c} 46 M ${102 + c} 84 Q ${100 + c} 56, ${88 + c} 46" stroke="${dark}" stroke-width="2" fill="none" opacity=".3"/>`
}

function drawHat({ cheek: c, top }: Shape): string {
  return svg`<path d="M ${93 - c} 72 C ${90 - c} 30, 56 ${top - 22}, 100 ${top - 22} C 144 ${top - 22}, ${110 + c} 30, ${107 + c} 72 C 140 56, 60 56, ${93 - c} 72 Z" fill="#37455c"/><path d="M ${90 - c} 73 C 60 54, 140 54, ${110 + c} 73 L ${109 + c} 64 C 140 46, 60 46, ${91 - c} 64 Z" fill="#222c3d"/>`
}
