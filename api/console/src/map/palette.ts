/** The map's colours, by day and by night. Circles cannot read CSS variables, so they are repeated here. */

export interface Palette {
  ground: string
  grid: string
  inside: string
  suspect: string
  outside: string
  unknown: string
  edge: string
  zone: string
  trail: string
  draft: string
}

export const LIGHT: Palette = {
  ground: '#edf1ee',
  grid: '#dfe6e2',
  inside: '#1a8f80',
  suspect: '#d98a00',
  outside: '#d3263f',
  unknown: '#7d8a86',
  edge: '#ffffff',
  zone: '#0f6b63',
  trail: '#2f6fb3',
  draft: '#7a3fb0',
}

export const DARK: Palette = {
  ground: '#141c1b',
  grid: '#1f2a28',
  inside: '#45b8a8',
  suspect: '#f0ab2e',
  outside: '#ff5a70',
  unknown: '#8d9c97',
  edge: '#141c1b',
  zone: '#5cc7b8',
  trail: '#7db7f0',
  draft: '#c79bf0',
}
