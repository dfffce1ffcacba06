import type { GlobalThemeOverrides } from 'naive-ui'

/** Naive UI's values where ours differ: 13 px text, 3 px corners, and colours that reach AA (4.5:1) in both themes. */
const common = {
  fontFamily: 'Inter, system-ui, -apple-system, "Segoe UI", sans-serif',
  fontFamilyMono: '"JetBrains Mono", Menlo, Consolas, monospace',
  fontSize: '13px',
  fontSizeMini: '11.5px',
  fontSizeTiny: '12px',
  fontSizeSmall: '13px',
  fontSizeMedium: '13px',
  borderRadius: '3px',
  borderRadiusSmall: '2px',
  fontWeightStrong: '500',
}

const parts: GlobalThemeOverrides = {
  Tabs: { tabFontSizeSmall: '13px', tabFontSizeMedium: '13px' },
}

export const lightOverrides: GlobalThemeOverrides = {
  ...parts,
  common: {
    ...common,
    primaryColor: '#0d7340',
    primaryColorHover: '#0b6438',
    primaryColorPressed: '#0a5c33',
    primaryColorSuppl: '#0d7340',
    successColor: '#0d7340',
    successColorHover: '#0b6438',
    successColorPressed: '#0a5c33',
    successColorSuppl: '#0d7340',
    infoColor: '#155fbb',
    infoColorHover: '#1153a5',
    infoColorPressed: '#0e478d',
    infoColorSuppl: '#155fbb',
    warningColor: '#8f5600',
    warningColorHover: '#7c4b00',
    warningColorPressed: '#6a4000',
    warningColorSuppl: '#8f5600',
    errorColor: '#c22845',
    errorColorHover: '#ad213b',
    errorColorPressed: '#981c33',
    errorColorSuppl: '#c22845',
    textColor3: '#5f666d',
    placeholderColor: '#6a7078',
  },
}

export const darkOverrides: GlobalThemeOverrides = {
  ...parts,
  common: {
    ...common,
    errorColor: '#ee8f8f',
    errorColorHover: '#f2a3a3',
    errorColorPressed: '#e57f7f',
    errorColorSuppl: '#ee8f8f',
    textColor3: 'rgba(255, 255, 255, .62)',
    placeholderColor: 'rgba(255, 255, 255, .56)',
  },
}
