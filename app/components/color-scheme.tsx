import { useMantineColorScheme } from "@mantine/core";
import { useMounted } from "@mantine/hooks";
import { MoonIcon, SunIcon } from "./icons.tsx";
import classes from "./tools.module.css";

/** Light, dark, or as the system has it: a list of choices behind the sign of the scheme that is on. */
export function ColorScheme() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  // The server cannot know the choice; until the page runs the list stands at its default.
  const mounted = useMounted();
  return (
    <div className={`${classes.icon} ${classes.scheme}`}>
      <span className={classes.sun}>
        <SunIcon />
      </span>
      <span className={classes.moon}>
        <MoonIcon />
      </span>
      <select
        aria-label="Colour scheme"
        title="Colour scheme"
        value={mounted ? colorScheme : "auto"}
        onChange={({ currentTarget: { value } }) => {
          if (value === "light" || value === "dark" || value === "auto") setColorScheme(value);
        }}
      >
        <option value="auto">System</option>
        <option value="light">Light</option>
        <option value="dark">Dark</option>
      </select>
    </div>
  );
}
