// Icons of the composer alone: paths of Lucide (https://lucide.dev), ISC licence, see LICENCES.md.

export const TOOLS = {
  bold: "M6 12h9a4 4 0 0 1 0 8H7a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1h7a4 4 0 0 1 0 8",
  italic: "M19 4h-9M14 20H5M15 4 9 20",
  underline: "M6 4v6a6 6 0 0 0 12 0V4M4 20h16",
  bullets: "M3 12h.010M3 18h.010M3 6h.010M8 12h13M8 18h13M8 6h13",
  numbers: "M10 12h11M10 18h11M10 6h11M4 10h2M4 6h1v4M6 18H4c0-1 2-2 2-3s-1-1.500-2-1",
  quote: "M17 6H3M21 12H8M21 18H8M3 12v6",
  link: "M10 13a5 5 0 0 0 7.540.540l3-3a5 5 0 0 0-7.070-7.070l-1.720 1.710M14 11a5 5 0 0 0-7.540-.540l-3 3a5 5 0 0 0 7.070 7.070l1.710-1.710",
  clear: "M4 7V4h16v3M5 20h6M13 4 8 20M15 15l5 5M20 15l-5 5",
  minimise: "M5 12h14",
  full: "M15 3h6v6M21 3l-7 7M3 21l7-7M9 21H3v-6",
  window: "M4 14h6v6M20 10h-6V4M14 10l7-7M3 21l7-7",
  tab: "M15 3h6v6M10 14 21 3M18 13v6a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V8a2 2 0 0 1 2-2h6",
  table: "M3 5a2 2 0 0 1 2-2h14a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2zM3 9h18M3 15h18M12 3v18",
  file: "M15 2H6a2 2 0 0 0-2 2v16a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2V7zM14 2v4a2 2 0 0 0 2 2h4",
  dots: "M12 13a1 1 0 1 0 0-2 1 1 0 0 0 0 2zM19 13a1 1 0 1 0 0-2 1 1 0 0 0 0 2zM5 13a1 1 0 1 0 0-2 1 1 0 0 0 0 2z",
} as const;

export type ToolName = keyof typeof TOOLS;
