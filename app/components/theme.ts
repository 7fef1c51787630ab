import { createTheme } from "@mantine/core";

/** Shades are chosen so that text on filled buttons reaches AA contrast in both schemes; the surfaces and tones are in app.css. */
export const theme = createTheme({
  primaryColor: "indigo",
  primaryShade: { light: 8, dark: 8 },
  respectReducedMotion: true,
  defaultRadius: "sm",
  radius: { sm: "6px", md: "10px" },
  fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', Menlo, Consolas, monospace",
  colors: {
    dark: [
      "#dfe3ea",
      "#a6aebb",
      "#8d96a5",
      "#6b7482",
      "#3a414d",
      "#2b303a",
      "#22262e",
      "#1a1d23",
      "#15171c",
      "#0f1114",
    ],
  },
  headings: {
    fontWeight: "650",
    sizes: {
      h1: { fontSize: "1.5rem", lineHeight: "1.25" },
      h2: { fontSize: "1.25rem", lineHeight: "1.3" },
      h3: { fontSize: "1rem", lineHeight: "1.4" },
      h4: { fontSize: "0.9375rem", lineHeight: "1.4" },
    },
  },
});
