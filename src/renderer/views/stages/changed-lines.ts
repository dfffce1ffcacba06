import type { DecorationSet } from '@codemirror/view'
import { RangeSetBuilder, StateEffect, StateField } from '@codemirror/state'
import { Decoration, EditorView } from '@codemirror/view'

/** Says which lines (from 1) set something else than the default. */
export const setChangedLines = StateEffect.define<readonly number[]>()

const mark = Decoration.line({ class: 'cm-differs' })

/** A bar beside lines that differ from the defaults; it moves with the text until it is told anew. */
export const changedLines = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update: (marks, { effects, changes, state }) => {
    const told = effects.findLast(effect => effect.is(setChangedLines))
    if (!told)
      return marks.map(changes)
    const builder = new RangeSetBuilder<Decoration>()
    for (const line of [...new Set(told.value as readonly number[])].sort((a, b) => a - b)) {
      if (line >= 1 && line <= state.doc.lines) {
        const { from } = state.doc.line(line)
        builder.add(from, from, mark)
      }
    }
    return builder.finish()
  },
  provide: field => EditorView.decorations.from(field),
})
