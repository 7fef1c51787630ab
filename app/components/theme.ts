import {
  convertCssVariables,
  createTheme,
  DEFAULT_THEME,
  defaultCssVariablesResolver,
  mergeMantineTheme,
} from "@mantine/core";

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

/** The variables in which the theme differs from the kit's own style sheet, as CSS. MantineProvider would work them out for every page. */
export const themeCss = convertCssVariables(ownVariables());

function ownVariables() {
  const usual = defaultCssVariablesResolver(DEFAULT_THEME);
  const own = defaultCssVariablesResolver(mergeMantineTheme(DEFAULT_THEME, theme));
  return {
    variables: changed(own.variables, usual.variables),
    light: changed(own.light, usual.light),
    dark: changed(own.dark, usual.dark),
  };
}

function changed(own: Record<string, string>, usual: Record<string, string>) {
  return Object.fromEntries(Object.entries(own).filter(([name, value]) => usual[name] !== value));
}
