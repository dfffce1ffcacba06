import { HighlightStyle, syntaxHighlighting } from '@codemirror/language'
import { EditorView } from '@codemirror/view'
import { tags } from '@lezer/highlight'

/** The editor in the app's own colours, which follow the theme. */
export const editorLook = [
  EditorView.theme({
    '&': { fontSize: '12px', color: 'var(--t2)', backgroundColor: 'transparent' },
    '&.cm-focused': { outline: '2px solid var(--primary)', outlineOffset: '-2px' },
    '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.6', fontVariantLigatures: 'none' },
    '.cm-content': { caretColor: 'var(--t1)', padding: '6px 0' },
    '.cm-cursor': { borderLeftColor: 'var(--t1)' },
    '.cm-gutters': { color: 'var(--t3)', backgroundColor: 'transparent', border: '0' },
    '.cm-activeLine': { backgroundColor: 'var(--hover)' },
    '.cm-line.cm-differs': { boxShadow: 'inset 3px 0 0 var(--info)' },
    '&.cm-focused .cm-selectionBackground, .cm-selectionBackground, .cm-content ::selection': { backgroundColor: 'var(--info-soft)' },
    '.cm-tooltip': { color: 'var(--t1)', backgroundColor: 'var(--pop)', border: '1px solid var(--border)' },
    '.cm-panels': { color: 'var(--t1)', backgroundColor: 'var(--th)' },
    '.cm-selectionMatch': { backgroundColor: 'var(--warn-soft)' },
    '.cm-lintRange-error': { backgroundImage: 'none', textDecoration: 'underline wavy var(--err)' },
  }),
  syntaxHighlighting(HighlightStyle.define([
    { tag: tags.comment, color: 'var(--t3)' },
    { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--c4)' },
    { tag: [tags.string, tags.special(tags.string)], color: 'var(--c3)' },
    { tag: [tags.number, tags.bool, tags.null], color: 'var(--info)' },
    { tag: [tags.meta, tags.labelName], color: 'var(--warn)' },
  ])),
]
